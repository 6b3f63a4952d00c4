"""Signed form time: when we showed a form.  Too quick is a machine, too old a page that lay about.

It stands in a hidden field, and says nothing about who was shown the form: that a form comes from a page of ours is
for the origin to prove.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from newsletter.sealing import Keyring
from newsletter.settings import Settings
from newsletter.tokens import REF, ForeignToken, Purpose, make, read

FIELD = "form"
"""The hidden field's name."""

START = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


class Age(StrEnum):
    """How a form that comes back stands."""

    FRESH = "fresh"
    TOO_QUICK = "too-quick"
    STALE = "stale"
    FOREIGN = "foreign"


def form_token(keyring: Keyring, now: datetime) -> str:
    """Return the value of the hidden field in a form that is shown `now`: 50 characters."""
    return make(keyring, Purpose.FORM, _ticks(now).to_bytes(REF, "big"))


def age_of(keyring: Keyring, token: str | None, *, now: datetime, settings: Settings, least: float = 0) -> Age:
    """Say how old a form with this hidden field is; younger than `least` seconds is too quick.

    One from the future was shown by a host whose clock is ahead of ours: it counts as shown just now.
    """
    try:
        shown = int.from_bytes(read(keyring, Purpose.FORM, token or ""), "big")
    except ForeignToken:
        return Age.FOREIGN
    ago = max(0, _ticks(now) - shown)
    if ago > timedelta(hours=settings.form_hours) // TICK:
        return Age.STALE
    return Age.TOO_QUICK if ago < timedelta(seconds=least) // TICK else Age.FRESH


def _ticks(instant: datetime) -> int:
    return (instant - START) // TICK
