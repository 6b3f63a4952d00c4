"""Mailing notices to the operator: the same dialogue, a small gate of their own."""

from datetime import datetime, timedelta

from newsletter import tokens
from newsletter.clock import Clock
from newsletter.letters import Addressee, compile_letter, write_notice
from newsletter.outcomes import Outcome, State
from newsletter.publication import Publication
from newsletter.sealing import Keyring
from newsletter.store import Database
from newsletter.store.notices import NoticeRow, due_notices, mark_notice, settle_notice
from newsletter.transport import Envelope, Server, send_one

PAUSE = timedelta(minutes=15)
MOST_TRIES = 20


def mail_notices(
    database: Database, publication: Publication, *, keyring: Keyring, server: Server, clock: Clock
) -> int:
    """Mail the notices that are owed to the operator; return how many a server took."""
    with database.transaction() as session:
        due = due_notices(session, now=clock())
    sent = 0
    for notice in due:
        with database.transaction() as session:
            mine = mark_notice(session, notice.id)
        if not mine:
            continue
        outcome = send_one([server], _envelope(notice, publication, keyring, now=clock()))
        with database.transaction() as session:
            settle_notice(session, notice.id, _state(notice, outcome), not_before=clock() + PAUSE)
        sent += outcome.state is State.SENT
    return sent


def _state(notice: NoticeRow, outcome: Outcome) -> State:
    tried_enough = notice.attempts + 1 >= MOST_TRIES
    if outcome.state in (State.QUEUED, State.DEFERRED):
        return State.REFUSED if tried_enough else State.DEFERRED
    return outcome.state


def _envelope(notice: NoticeRow, publication: Publication, keyring: Keyring, *, now: datetime) -> Envelope:
    facts = {"week": notice.week or "", "text": notice.text}
    letter = write_notice(publication, notice.kind, facts)
    ref = notice.id.to_bytes(tokens.REF)
    addressee = Addressee(
        to=publication.operator_email,
        leave="",
        preferences="",
        message_id=tokens.message_id(keyring, "notice", ref, 0),
        date=now,
    )
    sender = publication.sender.address
    return Envelope(notice.id, sender, publication.operator_email, compile_letter(letter).address(addressee))
