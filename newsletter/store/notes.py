"""Notes: any other mail owed to one address.  The row is the truth; the bell only says that there is one.

As with deliveries, claimed is not a state: who has a note in hand stands beside it, under a lease by the database's
clock, and each write is fenced by it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    Float,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    case,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter import messageids
from newsletter.addresses import Address
from newsletter.notes import NoteKind
from newsletter.outcomes import OPEN, Reason, State
from newsletter.sealing import Keyring
from newsletter.store.base import Answered, Base, Id, Instant, one_of
from newsletter.store.batches import AT_ONCE, CRASHES_ALLOWED, database_clock
from newsletter.store.dialects import insert_or_ignore
from newsletter.store.ledger import Settled
from newsletter.store.subscribers import new_ref
from newsletter.store.turns import take_turns

MONTH = timedelta(days=30)


class NoteRow(Answered, Base):
    """A mail owed to one address: a word to the operator, a confirmation, an answer.

    `sealed_to` is the address, and in a line of its own the Message-ID of the mail that the note answers, if there is
    one; bound to `ref`, and blanked when the note is settled.  `lookup` stays, so that nobody is written to too often.
    A note without `lookup` is the operator's, whose address stands in the publication's file.
    `facts` are what its text is made of, and never hold an address; they are forgotten with it, but a confirmation's:
    who replies to it confirms the asking that it names.
    """

    __tablename__ = "notes"
    __table_args__ = (UniqueConstraint("lookup", "kind", "day", "nth"),)  # so many of a kind a day, whoever asks

    id: Mapped[Id]
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    lookup: Mapped[bytes | None] = mapped_column(LargeBinary(20))
    sealed_to: Mapped[bytes | None]
    tongue: Mapped[str | None] = mapped_column(String(8))  # the language it is written in; None: the publication's own
    facts: Mapped[dict[str, str]] = mapped_column(JSON)
    day: Mapped[date] = mapped_column(Date, index=True)
    nth: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[State] = mapped_column(one_of(State, "state"))
    reason: Mapped[Reason | None] = mapped_column(String(12))
    not_before: Mapped[datetime | None] = mapped_column(Instant, index=True)  # None once it is settled
    holder: Mapped[int | None] = mapped_column(BigInteger)  # whoever has it in hand, by a random number
    lease_until: Mapped[float | None] = mapped_column(Float(53))
    attempts: Mapped[int] = mapped_column(SmallInteger)
    crashes: Mapped[int] = mapped_column(SmallInteger)


@dataclass(frozen=True, slots=True, repr=False)
class OwedNote:
    """A note in hand, with what is needed to write and address it."""

    id: int
    ref: bytes
    kind: str
    sealed_to: bytes | None
    is_operators: bool
    tongue: str | None
    facts: Mapping[str, str]
    attempts: int
    crashes: int
    first_at: datetime | None


def owe_note(
    session: Session,
    keyring: Keyring,
    kind: str,
    to: Address,
    *,
    facts: Mapping[str, str],
    tongue: str,
    now: datetime,
    per_day: int,
    per_month: int | None = None,
    among: Collection[str] = (),
    in_reply_to: str = "",
    answers: bool = False,
) -> bool:
    """Owe a note to a reader; False if that address was owed as many as allowed already: today (UTC), or in 30 days.

    `answers`: somebody wrote to us, and the note is sent as an automatic reply (RFC 3834): from nobody, so that nothing
    answers it.  `in_reply_to` is the Message-ID of what was written, in its angle brackets; it may name a person, so it
    is sealed with the address.  One that no header could hold is left out.

    Notes of this kind count, and of those `among` which it stands.  Who owes at the same time takes turns, and the
    unique (address, kind, day, number) decides besides.  Ring after the commit.
    """
    today = now.date()
    take_turns(session, keyring.lookup(to.canonical))
    sealed = "\n".join(filter(None, [str(to), messageids.quotable(in_reply_to) if answers else ""]))
    counted = NoteRow.lookup.in_(keyring.lookups(to.canonical)), NoteRow.kind.in_({kind, *among})
    while True:
        days = session.execute(
            select(NoteRow.kind, NoteRow.day, NoteRow.nth).where(*counted, NoteRow.day > today - MONTH)
        ).all()
        if sum(row.day == today for row in days) >= per_day or (per_month is not None and len(days) >= per_month):
            return False
        ref = new_ref()
        row = _row(kind, {**facts, "answers": "yes"} if answers else facts, now) | {
            "ref": ref,
            "lookup": keyring.lookup(to.canonical),
            "sealed_to": keyring.seal(sealed, bound_to=ref),
            "tongue": tongue,
            "nth": 1 + max((row.nth for row in days if row.day == today and row.kind == kind), default=-1),
        }
        if insert_or_ignore(session, NoteRow, [row], NoteRow.id):
            return True


def owe_operator(session: Session, kind: str, *, facts: Mapping[str, str], now: datetime) -> None:
    """Owe a note to the operator; as many as there is to say."""
    session.add(NoteRow(**_row(kind, facts, now), ref=new_ref(), nth=0))
    session.flush()


def _row(kind: str, facts: Mapping[str, str], now: datetime) -> dict[str, Any]:
    fresh = {"state": State.QUEUED, "not_before": AT_ONCE, "attempts": 0, "crashes": 0}
    return {"kind": kind, "facts": dict(facts), "day": now.date(), **fresh}


def notes_are_due(session: Session, *, now: datetime) -> bool:
    """Say whether there is a note that nobody has in hand and that is to be sent."""
    free = or_(NoteRow.lease_until.is_(None), NoteRow.lease_until <= database_clock(session))
    return session.scalar(select(NoteRow.id).where(NoteRow.not_before <= now, free).limit(1)) is not None


def claim_notes(
    session: Session, holder: int, *, kinds: Collection[str], most: int, now: datetime, lease_seconds: float
) -> list[OwedNote]:
    """Take up to `most` due notes of kinds that we can write, for `lease_seconds`.

    Fresh ones first, as they were owed, then those that were put off, as they are due.
    """
    clock = database_clock(session)
    due = (
        select(NoteRow)
        .where(NoteRow.not_before <= now, NoteRow.state.in_(OPEN), NoteRow.kind.in_(kinds))
        .where(or_(NoteRow.lease_until.is_(None), NoteRow.lease_until <= clock))
        .order_by(NoteRow.not_before, NoteRow.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    claimed = [
        OwedNote(
            row.id,
            row.ref,
            row.kind,
            row.sealed_to,
            row.lookup is None,
            row.tongue,
            row.facts,
            row.attempts,
            row.crashes,
            row.first_at,
        )
        for row in session.scalars(due)
    ]
    if claimed:
        mine = update(NoteRow).where(NoteRow.id.in_([note.id for note in claimed]))
        leased = mine.values(holder=holder, lease_until=clock + lease_seconds)
        session.execute(leased.execution_options(synchronize_session=False))
    return claimed


def mark_note(session: Session, id: int, holder: int, *, now: datetime) -> bool:
    """Move a note to `sending`, if `holder` still holds it: no row, no dot."""
    marked = session.execute(
        update(NoteRow)
        .where(NoteRow.id == id, NoteRow.holder == holder, NoteRow.lease_until > database_clock(session))
        .where(NoteRow.state.in_(OPEN))
        .values(state=State.SENDING, first_at=func.coalesce(NoteRow.first_at, now), at=now)
        .returning(NoteRow.id)
    )
    return marked.first() is not None


def settle_note(session: Session, id: int, holder: int, settled: Settled, *, now: datetime) -> None:
    """Write down what became of a note and let go of it; what is settled for good forgets its address."""
    said, owed = settled.outcome, settled.outcome.state in OPEN
    values: dict[str, Any] = {
        "state": said.state,
        "reason": said.reason,
        "not_before": (settled.not_before or AT_ONCE) if owed else None,
        "holder": None,
        "lease_until": None,
        "attempts": NoteRow.attempts + int(settled.answered),
        "crashes": NoteRow.crashes + int(settled.crashed),
        "server": said.server or None,
        "code": said.code,
        "enhanced": said.enhanced or None,
        "text": said.text or None,
        "at": now,
    }
    if settled.answered:
        values["first_at"] = func.coalesce(NoteRow.first_at, now)
    if not owed:
        values |= _forgotten()
    session.execute(update(NoteRow).where(NoteRow.id == id, NoteRow.holder == holder).values(values))


def renew_notes(session: Session, holder: int, *, lease_seconds: float) -> None:
    """Prolong the lease of all that `holder` has in hand; what it has lost stays lost."""
    clock = database_clock(session)
    mine = NoteRow.not_before.is_not(None), NoteRow.holder == holder, NoteRow.lease_until > clock
    session.execute(update(NoteRow).where(*mine).values(lease_until=clock + lease_seconds))


def sweep_notes(session: Session) -> None:
    """Put notes in doubt that were on the wire when their lease ended: owed again, but for the third time."""
    lost = NoteRow.not_before.is_not(None), NoteRow.lease_until <= database_clock(session)
    fate: dict[str, Any] = {"holder": None, "lease_until": None, "crashes": NoteRow.crashes + 1}
    dead = update(NoteRow).where(*lost, NoteRow.state == State.SENDING)
    # Each says which it means: between the two another lease may end.
    again, enough = NoteRow.crashes + 1 < CRASHES_ALLOWED, NoteRow.crashes + 1 >= CRASHES_ALLOWED
    session.execute(dead.where(again).values(fate | {"state": State.QUEUED}))
    session.execute(dead.where(enough).values(fate | {"state": State.DOUBTFUL, "not_before": None} | _forgotten()))


def _forgotten() -> dict[str, Any]:
    kept = NoteRow.kind == NoteKind.CONFIRM
    return {"sealed_to": None, "facts": case((kept, NoteRow.facts), else_=literal({}, JSON))}
