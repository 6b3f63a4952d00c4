"""How the mail servers fare, for all workers alike: how fast each may be fed, and which one is out until when.

One more row, `ALL`, keeps the pace of the whole service.  Times are the database's clock (seconds since 1970), because
hosts differ.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Float, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsletter.store.base import Base
from newsletter.store.batches import database_clock
from newsletter.store.dialects import insert_or_ignore

ALL = "*"
BURST = 1.0
"""Seconds whose messages may go at once: what was not used before them is not saved up."""

PROBES = (60.0, 120.0, 300.0, 600.0, 1800.0)
"""Seconds for which a server stays out, the first time, the second …; then one connection asks whether it is back."""


class ServerRow(Base):
    """One server, by its label (`host:port`), or all together (`ALL`)."""

    __tablename__ = "servers"

    label: Mapped[str] = mapped_column(String(255), primary_key=True)
    free_at: Mapped[float] = mapped_column(Float(53))  # when its next message may go
    slowed_to: Mapped[float | None] = mapped_column(Float(53))  # messages a minute, after a storm of 4xx
    out_until: Mapped[float | None] = mapped_column(Float(53))
    failures: Mapped[int]  # since it last answered
    refused: Mapped[bool]  # it refuses us; else it could not be reached
    text: Mapped[str] = mapped_column(String(300))  # its words, scrubbed


@dataclass(frozen=True, slots=True)
class Standing:
    """How a server fares: slowed down to so many a minute; out for so many seconds more, and whether it refused us."""

    slowed_to: float | None = None
    out_for: float = 0.0
    failures: int = 0
    text: str = ""
    refused: bool = False


def standings(session: Session, labels: Collection[str]) -> dict[str, Standing]:
    """Return how each of the servers fares."""
    now = session.scalar(select(database_clock(session))) or 0.0
    rows = session.scalars(select(ServerRow).where(ServerRow.label.in_(labels)))
    known = {
        row.label: Standing(row.slowed_to, max((row.out_until or 0) - now, 0), row.failures, row.text, row.refused)
        for row in rows
    }
    return {label: known.get(label, Standing()) for label in labels}


def room(session: Session, label: str, per_minute: float) -> tuple[int, float]:
    """Return how many messages may go now, and the seconds until the next one may if none can.

    Holds the row until the transaction ends, so that `spend` in the same one takes no more than there is: a generic
    cell rate algorithm (ITU-T I.371) whose tolerance is `BURST`.
    """
    row, now = _locked(session, label)
    gap = 60 / per_minute
    ahead = now - max(row.free_at, now - max(BURST, gap) + gap)
    return (int(ahead / gap) + 1, 0.0) if ahead >= 0 else (0, -ahead)


def spend(session: Session, label: str, per_minute: float, messages: int) -> None:
    """Write down that so many messages go now."""
    row, now = _locked(session, label)
    gap = 60 / per_minute
    row.free_at = max(row.free_at, now - max(BURST, gap) + gap) + messages * gap
    session.flush()


def slow_down(session: Session, label: str, to: float | None) -> None:
    """Feed a server at most so many messages a minute from now on; None: as many as it takes."""
    row, _ = _locked(session, label)
    row.slowed_to = to
    session.flush()


def take_out(session: Session, label: str, text: str, *, refused: bool = True, pauses: Sequence[float] = PROBES) -> int:
    """Leave a server alone for a while, longer each time; return how many times running that was, 0 if it is out.

    Several slices meet the same failure: it counts once.
    """
    row, now = _locked(session, label)
    row.refused = refused
    row.text = text[:300]
    if row.out_until is not None and row.out_until > now:
        session.flush()
        return 0
    row.out_until = now + pauses[min(row.failures, len(pauses) - 1)]
    row.failures += 1
    session.flush()
    return row.failures


def bring_back(session: Session, labels: Collection[str]) -> None:
    """Take note that servers answer."""
    session.execute(
        update(ServerRow)
        .where(ServerRow.label.in_(labels), ServerRow.failures > 0)
        .values(out_until=None, failures=0, refused=False, text="")
    )


def forget_failures(session: Session) -> None:
    """Try every server again at once: an operator says that the cause is mended."""
    session.execute(delete(ServerRow).where(ServerRow.label != ALL))


def _locked(session: Session, label: str) -> tuple[ServerRow, float]:
    wanted = select(ServerRow).where(ServerRow.label == label).with_for_update()
    row = session.scalar(wanted)
    if row is None:
        new = {"label": label, "free_at": 0.0, "failures": 0, "refused": False, "text": ""}
        insert_or_ignore(session, ServerRow, [new], ServerRow.label)
        row = session.scalars(wanted).one()
    return row, session.scalar(select(database_clock(session))) or 0.0
