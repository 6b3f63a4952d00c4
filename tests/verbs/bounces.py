"""Bad news as tests bring it."""

from newsletter import addresses, bouncing
from newsletter.badnews import BounceKind, BounceReport, Suspect
from newsletter.bouncing import Judged, Policy
from newsletter.messageids import Named
from newsletter.store.bounces import BounceRow
from newsletter.store.subscribers import SubscriberState
from newsletter.weeks import Week
from tests.verbs.conftest import Installation
from tests.verbs.readers import row, rows

WEEKS = [Week(2012, 44), Week(2019, 12), Week(2019, 41)]
"""The sample's, as they go out in these tests."""


def report(
    here: Installation,
    ref: bytes | None = None,
    kind: BounceKind = BounceKind.BAD_ADDRESS,
    *,
    named: Named | None = None,
    address: str | None = None,
) -> Judged | None:
    """Bring a report and draw its consequences, as a worker does."""
    suspect = Suspect(ref, named, None if address is None else addresses.parse(address))
    with here.database.transaction() as session:
        judged = bouncing.take_report(
            session,
            here.keyring,
            BounceReport(suspect, kind, "5.1.1", "no such user"),
            source="lmtp",
            received_id=None,
            now=here.clock(),
            today=here.today,
        )
        if judged is not None:
            bouncing.conclude(session, here.keyring, [judged], policy=Policy.of(here.settings), now=here.clock())
    return judged


def judge_ended(here: Installation) -> int:
    """Look at digests that have come to their end, as the beat has it done."""
    return bouncing.judge_ended(here.database, here.keyring, policy=Policy.of(here.settings), now=here.clock())


def send(here: Installation, week: Week) -> None:
    """Send a week's digest to its end."""
    here.plan(week)
    here.deliver()


def stopped(here: Installation, ref: bytes) -> str | None:
    """Return why a reader is stopped; None if they are not."""
    reader = row(here, ref)
    assert reader is not None
    return reader.stop_reason if reader.state is SubscriberState.STOPPED else None


def bounces(here: Installation) -> list[BounceRow]:
    return list(rows(here, BounceRow))
