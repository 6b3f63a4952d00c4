"""The words before the `@` by which a mail asks us for something."""

from enum import StrEnum


class Command(StrEnum):
    """What is asked for by writing to an address: its first word."""

    SUBSCRIBE = "subscribe"
    LATEST = "latest"
    UNSUBSCRIBE = "unsubscribe"
    HELP = "help"
    CONFIRM = "confirm"
    LEAVE = "leave"
    BOUNCE = "bounce"
    COMPLAINTS = "complaints"


def is_command(local: str) -> bool:
    """Say whether mail to this local part would be read as a command.

    >>> [local for local in ("week", "help", "subscribe-be", "Leave+4f", "helpers") if is_command(local)]
    ['help', 'subscribe-be', 'Leave+4f']
    """
    return local.lower().partition("+")[0].partition("-")[0] in list(Command)
