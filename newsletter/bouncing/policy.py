"""When a mailbox is given up: the whole policy, on one screen.

- A digest counts as *bad address* or *mailbox full* if its reader's server said so, at once or by a report later.
- Bad address in two different digests, or mailbox full in four running: nothing more is sent there.
- A digest that arrived, and of which nothing bad was heard until the next one, wipes out all that was before.
- Nothing else counts: not policy, spam or content, not a server that was away, not a report that we do not understand.
- One digest never stops anybody, however many reports come of it.
- What anybody could have written, because it holds nothing of ours, counts only beside something that does.
- Where many say *bad address* of one digest, a server between us errs: of that digest nothing counts, for nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from newsletter.badnews import BounceKind
from newsletter.settings import Settings
from newsletter.store.bounces import Past

ABOUT_MAILBOXES = frozenset({BounceKind.BAD_ADDRESS, BounceKind.MAILBOX_FULL})


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers.  A `share` of fewer than `crowd` readers says nothing."""

    bad_address_digests: int = 2
    mailbox_full_digests: int = 4
    share: float = 0.25
    crowd: int = 20

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the numbers as the settings have them."""
        return cls(
            settings.bad_address_digests, settings.mailbox_full_digests, settings.bounce_share, settings.bounce_crowd
        )

    @property
    def reach(self) -> int:
        """How many digests back there is something to be found."""
        return 8 + 2 * max(self.bad_address_digests, self.mailbox_full_digests)

    def is_crowd(self, some: int, of: int) -> bool:
        """Say whether so many are too many for each to be to blame."""
        return some >= self.crowd and some >= self.share * of


def verdict(past: Sequence[Past], policy: Policy) -> BounceKind | None:
    """Return why a reader is to be stopped, or None; `past` is what became of their digests, the newest first."""
    bad = full = 0
    running = True
    is_shown = any(digest.kinds & ABOUT_MAILBOXES for digest in past if not digest.disbelieved)
    for age, digest in enumerate(past):
        if digest.disbelieved:
            continue
        said = digest.kinds | digest.claimed if is_shown else digest.kinds
        if not said and digest.arrived:
            if age == 0:
                continue  # a report may still come
            break  # all was well then
        bad += BounceKind.BAD_ADDRESS in said
        running = running and BounceKind.MAILBOX_FULL in said
        full += running
    if bad >= policy.bad_address_digests:
        return BounceKind.BAD_ADDRESS
    return BounceKind.MAILBOX_FULL if full >= policy.mailbox_full_digests else None
