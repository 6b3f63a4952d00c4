"""What follows from a slice: servers that are out, a digest that is paused or at its end, and whether to go on."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from newsletter.delivering.circuits import judge_servers
from newsletter.delivering.finishing import finish_digest
from newsletter.delivering.first_answers import FirstAnswers, is_about_content
from newsletter.outcomes import ServerOut
from newsletter.store import Database, Session
from newsletter.store.batches import due_letters
from newsletter.store.deliveries import tally
from newsletter.store.digests import DigestRow, DigestState
from newsletter.store.letters import LetterRow
from newsletter.store.notices import add_notice
from newsletter.store.open_deliveries import anybody_has
from newsletter.store.servers import standings
from newsletter.transport import Report, Server


def conclude(
    database: Database,
    letter_id: int,
    report: Report,
    first: FirstAnswers,
    *,
    servers: Sequence[Server],
    now: datetime,
    stopped: bool,
) -> bool:
    """Write down what a slice has found out; return whether anything is due that can be delivered now."""
    with database.transaction() as session:
        digest = session.get_one(DigestRow, session.get_one(LetterRow, letter_id).digest_id, with_for_update=True)
        outs = {**first.words(), **report.outs}
        if len(outs) == len(servers):
            return _refused(session, digest, outs, now=now)
        if not stopped and _most_are_held(session, digest, first):
            return _refused(session, digest, first.words(least=1), now=now)
        judge_servers(session, report, outs, alone=len(servers) == 1, now=now, digest=digest)
        found = standings(session, [server.label for server in servers])
        out = {label: standing.text for label, standing in found.items() if standing.out_for}
        if len(out) == len(servers):
            text = _words(out)
            if all(standing.refused for standing in found.values()):  # not all in this slice: some were out before it
                return _pause(session, digest, "server-out", text, now=now)
            add_notice(session, "server-unreachable", now=now, text=text, week=digest.week, digest_id=digest.id)
            return False  # the beat rings again
        finish_digest(session, digest, now=now)
        return not stopped and bool(due_letters(session, now=now))


def _most_are_held(session: Session, digest: DigestRow, first: FirstAnswers) -> bool:
    """Return whether nobody has the digest, and those it was refused to are as many as all who are still to be asked.

    A reader with a rule of their own, asked first, is not to stop the others; and a digest for three has no first
    twenty.
    """
    if not first.held or anybody_has(session, digest.id):
        return False
    return first.held >= tally(session, digest.id).open - first.held


def _words(said: Mapping[str, object]) -> str:
    if len(said) == 1:
        return str(next(iter(said.values())))
    return "; ".join(f"{label}: {text}" for label, text in said.items())


def _refused(session: Session, digest: DigestRow, said: Mapping[str, ServerOut], *, now: datetime) -> bool:
    if is_about_content(said.values()):
        return _pause(session, digest, "content-refused", _words(said), now=now)
    return _pause(session, digest, "server-out", _words(said), now=now)


def _pause(session: Session, digest: DigestRow, kind: str, text: str, *, now: datetime) -> bool:
    """Pause a digest that is refused whoever the reader: nobody is charged, and asking on would only annoy."""
    if digest.state is DigestState.SENDING:
        digest.state = DigestState.PAUSED
        add_notice(session, kind, now=now, text=text, week=digest.week, digest_id=digest.id, again=True)
    return False
