"""Attack mode: who confirms nothing did not ask.

Somebody who enters other people's addresses makes askings that nobody confirms.  When confirmations fall far behind,
the limits tighten by themselves, the form points elsewhere, and the operator is told.
"""

from datetime import datetime, timedelta

from newsletter.settings import Settings
from newsletter.windows.counting import ASKED, CONFIRMED, HOUR, Limit, Windows

UNREAD = timedelta(minutes=5)
"""Askings as young as this are held against nobody: a hundred readers who come at once need time for their mail."""


def asking_limits(settings: Settings, network: str, *, attacked: bool) -> list[Limit]:
    """Return what an asking from `network` must keep to."""
    most = settings.askings_per_network
    if attacked:
        most = min(most, settings.attack_per_network)
    return [
        Limit("askings", most, HOUR, whose=network),
        Limit("askings", settings.askings_in_all, HOUR),
    ]


def judge(windows: Windows, settings: Settings, *, now: datetime) -> bool:
    """Switch attack mode on, or keep it on, for an hour where askings of the last hour stay unconfirmed.

    Returns True once a switching on, to whoever is to tell the operator.
    """
    askings = windows.how_many(ASKED, now=now, until=UNREAD)
    if askings < settings.attack_askings:
        return False
    if windows.how_many(CONFIRMED, now=now) >= settings.attack_share * askings:
        return False
    return windows.set_attack(now=now)
