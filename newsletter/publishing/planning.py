"""Planning: letters are written, deliveries are owed, the content is frozen; one transaction."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.digest import Digest
from newsletter.errors import OperatorError
from newsletter.letters import write
from newsletter.publication import Publication
from newsletter.publishing.assembly import Kind, assemble, content_of, kinds_read
from newsletter.publishing.holding import go_on
from newsletter.store import Session
from newsletter.store.audit import add_audit
from newsletter.store.choices import wake
from newsletter.store.digests import DigestRow, DigestState, lock_digest
from newsletter.store.letters import LetterRow, letter_of
from newsletter.store.notices import add_notice
from newsletter.store.planning import Share, lock_plans, plan_share
from newsletter.store.subscribers import Readership, SubscriberRow, anybody_reads, readerships
from newsletter.weeks import Week


class NotApproved(OperatorError):
    """The publication wants an approval before anything is sent."""


class NobodyToSendTo(OperatorError):
    """No active subscriber: a digest planned now would be frozen, and nobody would ever get it."""


class Cancelled(OperatorError):
    """The digest was cancelled; what was not sent by then is owed no more."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What an operator's send did: planned now (how many), let a paused digest go on, or only rang."""

    planned_now: bool
    planned: int = 0
    resumed: bool = False


def send(
    session: Session, publication: Publication, week: Week, *, now: datetime, who: str, batch_size: int
) -> Sending:
    """Send a week's digest by hand: assemble if need be, plan once; never too late.  A paused digest goes on.

    Raises
    NothingToSay, NobodyToSendTo, NotApproved, Cancelled
    """
    row = lock_digest(session, week)
    if row.state is DigestState.CANCELLED:
        raise Cancelled(f"{week}: the digest was cancelled; it cannot be sent any more")
    if row.is_planned:
        resumed = row.state is DigestState.PAUSED
        if resumed:
            go_on(session, row, now=now, who=who)
        return Sending(planned_now=False, resumed=resumed)
    if publication.approval == "one" and row.state is not DigestState.APPROVED:
        raise NotApproved(
            f"{week}: not approved yet; look at it (newsletter digest preview), then: digest approve {week}"
        )
    if not anybody_reads(session):
        raise NobodyToSendTo("there is no active subscriber; add some: newsletter subscribers import FILE.csv")
    if row.content is None or row.state in (DigestState.EMPTY, DigestState.EXPIRED):
        assemble(session, publication, week)
    planned = plan(session, publication, row, now=now, who=who, batch_size=batch_size)
    if not planned:
        raise NobodyToSendTo(f"{week}: there is nothing this week in the languages of any active subscriber")
    return Sending(planned_now=True, planned=planned)


def plan(
    session: Session, publication: Publication, row: DigestRow, *, now: datetime, who: str, batch_size: int
) -> int:
    """Freeze an assembled, locked digest: write its letters and owe one to every active subscriber; return how many.

    If nobody is to get one, nothing is frozen.
    """
    digest = content_of(row)
    if digest is None:
        raise ValueError("planning wants an assembled digest")
    wake(session, today=publication.day_of(now))
    lock_plans(session)  # before anybody is counted: who joins meanwhile is welcomed with this digest, not the last
    kinds, homeless = kinds_read(publication, readerships(session))
    planned = sum(_plan_kind(session, publication, row, digest, kind, now=now, batch_size=batch_size) for kind in kinds)
    _tell_of_homeless(session, row, homeless, now=now)
    if planned:
        row.state = DigestState.SENDING
        row.planned_at = now
        add_audit(session, now=now, who=who, what="digest planned", ref=row.week)
    return planned


def _plan_kind(
    session: Session,
    publication: Publication,
    row: DigestRow,
    digest: Digest,
    kind: Kind,
    *,
    now: datetime,
    batch_size: int,
) -> int:
    if not digest.read_in(kind.order).entries:
        text = f"{kind.edition.code}: nothing this week in its languages; {kind.readers} readers get no letter"
        add_notice(session, "empty-edition", now=now, text=text, week=row.week, digest_id=row.id)
        return 0
    letter = letter_for(session, publication, row, digest, kind)
    return sum(
        plan_share(session, row.id, Share(letter.id, readership), now=now, batch_size=batch_size)
        for readership in kind.readerships
    )


def letter_for(session: Session, publication: Publication, row: DigestRow, digest: Digest, kind: Kind) -> LetterRow:
    """Return the letter of a locked digest for one kind of reader, written from its content if it is not there yet."""
    languages = " ".join(language.code for language in kind.order)
    found = letter_of(session, row.id, kind.edition.code, languages, kind.variant)
    if found is not None:
        return found
    letter = write(digest, publication, kind.edition, kind.order, kind.variant)
    found = LetterRow(
        digest_id=row.id,
        edition=letter.edition,
        languages=" ".join(letter.languages),
        variant=letter.variant,
        subject=letter.subject,
        sender=letter.sender,
        headers=letter.headers,
        leave_url=letter.leave_url,
        text=letter.text,
        html=letter.html,
    )
    session.add(found)
    session.flush()
    return found


def letter_chosen(session: Session, publication: Publication, row: DigestRow, reader: SubscriberRow) -> int | None:
    """Return the letter of a locked digest that a subscriber reads by now; None if it has nothing for them."""
    digest = content_of(row)
    kinds, _ = kinds_read(publication, [Readership(reader.edition, reader.languages, reader.variant, 1)])
    if digest is None or not kinds or not digest.read_in(kinds[0].order).entries:
        return None
    return letter_for(session, publication, row, digest, kinds[0]).id


def _tell_of_homeless(session: Session, row: DigestRow, homeless: list[Readership], *, now: datetime) -> None:
    if homeless:
        lost = ", ".join(f"{item.edition} ({item.readers})" for item in homeless)
        text = f"readers of editions that the publication has no more: {lost}"
        add_notice(session, "unlisted-edition", now=now, text=text, week=row.week, digest_id=row.id)
