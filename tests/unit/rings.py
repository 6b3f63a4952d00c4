"""Keyrings of known keys."""

from newsletter.keyfile import KID, Key
from newsletter.sealing import Keyring


def ring(*numbers: int) -> Keyring:
    """Return a ring with a key for each number; the last is in use, for each purpose."""
    keys = [Key(bytes([number] * KID), bytes([number] * 32)) for number in numbers]
    return Keyring({"seal": keys, "lookup": keys, "token": keys})
