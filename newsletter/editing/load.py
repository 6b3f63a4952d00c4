"""Loading: what the files say becomes what the store holds, all or nothing; again changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.digest import Commentary
from newsletter.errors import Faults
from newsletter.store import Session
from newsletter.store.commentaries import commentaries_of, replace_commentaries
from newsletter.store.digests import DigestRow, DigestState, lock_digest
from newsletter.weeks import Week


class Change(StrEnum):
    """What loading did to a commentary."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    UNCHANGED = "unchanged"


@dataclass
class LoadReport:
    """What loading did: each commentary by week and slug; and weeks whose assembled digest it made stale."""

    changes: dict[Week, dict[str, Change]] = field(default_factory=dict)
    reopened: list[Week] = field(default_factory=list)
    corrected: list[Week] = field(default_factory=list)

    def count(self, change: Change) -> int:
        """Return how many commentaries that happened to."""
        return sum(list(week.values()).count(change) for week in self.changes.values())


def load(session: Session, weeks: Mapping[Week, Sequence[Commentary]], *, correct: bool = False) -> LoadReport:
    """Make the store's commentaries of each of `weeks` exactly those given; other weeks stay as they are.

    A week that is planned is refused, unless nothing differs, or `correct` says that the archive alone is to be
    mended: the letters keep what was frozen.  A digest that was assembled from other words is open again, its approval
    void.

    Raises
    Faults: every week that is planned and differs.
    """
    report = LoadReport()
    faults: list[str] = []
    for week, wanted in sorted(weeks.items()):
        changes = _compare(commentaries_of(session, week), wanted)
        report.changes[week] = changes
        changed = [slug for slug, change in changes.items() if change is not Change.UNCHANGED]
        if not changed:
            continue
        digest = lock_digest(session, week)
        if digest.is_planned and not correct:
            faults.append(
                f"{week}: its digest is planned and frozen, and {', '.join(changed[:5])} would change; "
                "to mend the archive only, say --correct"
            )
        elif digest.is_planned:
            report.corrected.append(week)
        elif _reopen(digest):
            report.reopened.append(week)
        replace_commentaries(session, week, wanted, changed)
    if faults:
        raise Faults(faults)
    return report


def _compare(stored: Sequence[Commentary], wanted: Sequence[Commentary]) -> dict[str, Change]:
    before = {item.slug: item for item in stored}
    after = {item.slug: item for item in wanted}
    changes = {slug: Change.REMOVED for slug in before if slug not in after}
    for slug, item in after.items():
        if slug not in before:
            changes[slug] = Change.ADDED
        else:
            changes[slug] = Change.UNCHANGED if before[slug] == item else Change.CHANGED
    return changes


def _reopen(digest: DigestRow) -> bool:
    if digest.state not in (DigestState.ASSEMBLED, DigestState.APPROVED):
        return False
    digest.state = DigestState.OPEN
    digest.content = None
    return True
