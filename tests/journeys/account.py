"""What became of everybody, as the readers' server and our own ledger tell it, held against the promises."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from newsletter import addresses
from newsletter.outcomes import State
from newsletter.runtime import Runtime
from newsletter.store.deliveries import DeliveryRow, Tally
from newsletter.store.digests import DigestState
from newsletter.store.subscribers import SubscriberRow


@dataclass(frozen=True, slots=True)
class Account:
    """One digest's end.  `at_risk`: connections that were open whenever a process was cut off or overtaken."""

    state: DigestState
    counted: Tally
    received: int
    lost: int
    twice: int
    renamed: int  # readers whose copies do not all have one Message-ID, or who share one with another
    after_leaving: int  # readers who left before it was on the wire, and got it all the same
    other_letter: int  # readers whose last copy is discreet although full was right, or the other way round
    at_risk: int
    holds: bool

    @property
    def doubtful(self) -> int:
        """How many are listed for the operator: they may have received it or not."""
        return self.counted.states[State.DOUBTFUL]

    @property
    def broken(self) -> list[str]:
        """The promises that were not kept, with what was found instead."""
        may_be_twice = 0 if self.holds else self.at_risk
        promises = {
            f"stuck: the digest is {self.state}, {self.counted.open} owed": self.state is DigestState.SENT,
            f"unbalanced: {self.counted.planned} planned, {self.counted.states}": self.counted.balances,
            f"lost: {self.lost}": self.lost == 0,
            f"twice: {self.twice}, allowed {may_be_twice}": self.twice <= may_be_twice,
            f"doubtful: {self.doubtful}, allowed {self.at_risk}": self.doubtful <= self.at_risk,
            f"Message-IDs: {self.renamed} wrong": self.renamed == 0,
            f"after leaving: {self.after_leaving}": self.after_leaving == 0,
            f"the other letter: {self.other_letter}": self.other_letter == 0,
        }
        return [fault for fault, kept in promises.items() if not kept]


def settle_account(
    here: Runtime,
    state: DigestState,
    counted: Tally,
    *,
    readers: Collection[str],
    taken: Mapping[str, Sequence[str]],
    senders: Mapping[str, str],
    left: Mapping[str, bool],
    turned: Mapping[str, bool],
    at_risk: int,
) -> Account:
    """Hold what the server has taken (recipient → Message-IDs, and who sent the last) against the ledger's rows.

    `left` are the readers who have left meanwhile, each with whether nothing of theirs was on the wire then; `turned`
    those who chose the discreet letter, likewise: it is theirs, the full one everybody else's.  Lost is who has not
    received it, has not left, and is not listed as doubtful.
    """
    with here.database.reading() as session:
        rows = select(SubscriberRow.lookup, DeliveryRow.state)
        fates = dict(session.execute(rows.join(DeliveryRow, DeliveryRow.subscriber_id == SubscriberRow.id)).all())
    waiting = [reader for reader in readers if reader not in taken and reader not in left]
    lookups = [here.keyring.lookup(addresses.parse(reader).canonical) for reader in waiting]
    neutral = (here.publication.discreet.address or "").rpartition("@")[2]
    return Account(
        state=state,
        counted=counted,
        received=sum(reader in taken for reader in readers),
        lost=sum(fates.get(lookup) is not State.DOUBTFUL for lookup in lookups),
        twice=sum(len(copies) - 1 for reader, copies in taken.items() if reader in readers),
        renamed=misnamed(taken),
        after_leaving=sum(in_time and reader in taken for reader, in_time in left.items()),
        other_letter=sum(
            (senders[reader].rpartition("@")[2] == neutral) is not turned.get(reader, False) for reader in taken
        ),
        at_risk=at_risk,
        holds=here.settings.on_doubt == "hold",
    )


def misnamed(taken: Mapping[str, Sequence[str]]) -> int:
    """Return how often one reader's copies have different Message-IDs, or two readers' have the same.

    >>> misnamed({"anna": ["<1>", "<1>"], "piotr": ["<2>"]})
    0
    >>> misnamed({"anna": ["<1>", "<2>"], "piotr": ["<2>"]})
    2
    """
    ids = [set(copies) for copies in taken.values()]
    return sum(len(one) != 1 for one in ids) + sum(map(len, ids)) - len(set[str]().union(*ids))
