"""Objecting: who is asked whether they want letters says that they do not, or that somebody else has asked."""

from datetime import datetime

from newsletter import tokens
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.askings import AskingState, asking_to_change, drop_asking


def object_to(session: Session, keyring: Keyring, token: str, *, now: datetime) -> bool:
    """Forget what a confirm link asks for; False if there is nothing to forget, or it was confirmed before.

    Whoever reads already goes on reading: this is no leave.

    Raises
    ForeignToken
    """
    asking = asking_to_change(session, tokens.read(keyring, tokens.Purpose.CONFIRM, token), now=now)
    if asking is None or asking.state is AskingState.CONFIRMED:
        return False
    drop_asking(session, asking)
    return True
