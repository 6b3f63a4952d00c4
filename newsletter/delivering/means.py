"""What delivering works with: the opened resources of one process, as its runtime has them."""

from collections.abc import Sequence
from typing import Protocol

from newsletter.clock import Clock
from newsletter.letters import Signers
from newsletter.publication import Publication
from newsletter.sealing import Keyring
from newsletter.settings import Settings
from newsletter.store import Database
from newsletter.transport import Server


class Means(Protocol):
    """The database and not a session: a transaction is never open while delivering waits for the network."""

    @property
    def settings(self) -> Settings:
        """How many slices, how long, how fast, and what doubt costs."""
        ...

    @property
    def clock(self) -> Clock:
        """What is asked for the present instant, again and again."""
        ...

    @property
    def publication(self) -> Publication:
        """Who writes the notes, and to which operator."""
        ...

    @property
    def database(self) -> Database:
        """Where what is owed stands."""
        ...

    @property
    def keyring(self) -> Keyring:
        """What opens the addresses."""
        ...

    @property
    def signers(self) -> Signers:
        """Who signs what is sent (DKIM)."""
        ...

    @property
    def servers(self) -> Sequence[Server]:
        """Who takes our mail."""
        ...
