"""A scenario: what is done, to how many workers, on which databases, under which way with doubt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.journeys.ordeal import Ordeal

BOTH = ("sqlite", "postgresql")
SHORT_LEASE = 3.0
SOON_DEAD = {"LEASE_SECONDS": SHORT_LEASE}
"""Settings of a scenario in which leases end."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`disturb` starts the workers and does its worst; the ordeal then sees the digest to its end and counts.

    `settings` are more of the installation's.
    """

    disturb: Callable[[Ordeal], None]
    workers: int = 2
    databases: tuple[str, ...] = BOTH
    on_doubt: tuple[str, ...] = ("hold",)
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How the table and the tests call it."""
        return self.disturb.__name__.replace("_", " ")
