"""Checking the account of a digest: planned against what there is, and whether everything owed will be come to."""

from dataclasses import dataclass
from typing import Any

from newsletter.outcomes import State
from newsletter.store import Session
from newsletter.store.account import free_batches, unattended, uncovered
from newsletter.store.deliveries import Tally, tally
from newsletter.store.digests import DigestState, digest_of
from newsletter.weeks import Week

ENDED = (DigestState.SENT, DigestState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Account:
    """What was found of one digest.  `uncovered`, `unattended`, `leftover` and an imbalance are faults.

    `uncovered`: deliveries owed that stand in no batch.  `unattended`: on the wire, and no worker has them.
    `leftover`: batches of a digest that has ended.
    """

    week: Week
    state: DigestState
    counted: Tally
    uncovered: int
    unattended: int
    leftover: int

    @property
    def is_sound(self) -> bool:
        """Whether there is no fault."""
        return self.counted.balances and not (self.uncovered or self.unattended or self.leftover)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for `--json`."""
        return {
            "week": str(self.week),
            "state": self.state.value,
            "planned": self.counted.planned,
            **{state.value: self.counted.states[state] for state in State},
            "balances": self.counted.balances,
            "uncovered": self.uncovered,
            "unattended": self.unattended,
            "leftover": self.leftover,
            "sound": self.is_sound,
        }


def check(session: Session, week: Week) -> Account:
    """Look a digest's account through; one that was never planned is sound.

    May be asked at any time, while workers are at work too: it finds a fault only where there is one.
    """
    row = digest_of(session, week)
    if row is None:
        return Account(week, DigestState.OPEN, Tally(0, {}), 0, 0, 0)
    return Account(
        week,
        row.state,
        tally(session, row.id),
        uncovered(session, row.id),
        unattended(session, row.id),
        free_batches(session, row.id) if row.state in ENDED else 0,
    )
