"""Resending to one reader by hand: the same delivery, as a message of its own."""

from datetime import datetime

from newsletter.addresses import Address
from newsletter.errors import OperatorError
from newsletter.outcomes import OPEN, State
from newsletter.publication import Publication
from newsletter.publishing.holding import planned_digest, reopen
from newsletter.publishing.planning import letter_chosen
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.audit import add_audit
from newsletter.store.deliveries import DeliveryRow, delivery_to
from newsletter.store.digests import ONGOING, DigestState
from newsletter.store.owing import owe_again, owe_in
from newsletter.store.subscribers import SubscriberRow, SubscriberState, subscriber_by_lookups
from newsletter.weeks import Week


class NothingToResend(OperatorError):
    """That reader cannot be sent this digest again; the text says why, and does not hold the address."""


def resend(
    session: Session,
    publication: Publication,
    keyring: Keyring,
    week: Week,
    address: Address,
    *,
    now: datetime,
    who: str,
    batch_size: int,
) -> DigestState:
    """Owe a planned digest to one of its readers again, with a new Message-ID; return the digest's state.

    In the letter that is right now: the reader may have chosen otherwise since the first one.  Ring after the commit.

    Raises
    NotNow: the digest was cancelled, or never planned.
    NothingToResend: nobody has that address, or is not written to, or is owed this digest still, or never was.
    """
    row = planned_digest(session, week, *ONGOING, done="sent again")
    reader = _active_reader(session, keyring, address)
    delivery = delivery_to(session, row.id, reader.id)
    if delivery is None:
        raise NothingToResend(
            f"{week}: never owed to this reader, so it cannot be sent again; only who is added, or imported with "
            "--welcome, gets the newest digest afterwards"
        )
    _refuse_open(week, delivery)
    owe_again(session, [delivery.id], batch_size=batch_size, another_copy=True)
    letter_id = letter_chosen(session, publication, row, reader)
    if letter_id is not None:
        owe_in(session, letter_id, delivery.id)
    reopen(row)
    add_audit(session, now=now, who=who, what=f"delivery {delivery.id} resent", ref=str(week))
    return row.state


def _active_reader(session: Session, keyring: Keyring, address: Address) -> SubscriberRow:
    found = subscriber_by_lookups(session, keyring.lookups(address.canonical))
    if found is None:
        raise NothingToResend("no subscriber has that address")
    if found.state is not SubscriberState.ACTIVE:
        raise NothingToResend(f"this reader is {found.state}, and is not written to")
    return found


def _refuse_open(week: Week, delivery: DeliveryRow) -> None:
    if delivery.state is State.SENDING:
        raise NothingToResend(f"{week}: on the wire to this reader at this moment; look again when it has ended")
    if delivery.state in OPEN:
        raise NothingToResend(f"{week}: owed to this reader still ({delivery.state}); nothing is changed")
