"""What receiving works with: the opened resources of one process, as its runtime has them."""

from datetime import date
from typing import Protocol

from newsletter.clock import Clock
from newsletter.publication import Publication
from newsletter.sealing import Keyring
from newsletter.settings import Settings
from newsletter.store import Database
from newsletter.windows import Windows


class Desk(Protocol):
    """The database and not a session: a message is read while no transaction is open."""

    @property
    def settings(self) -> Settings:
        """How much is answered, and when a mailbox is given up."""
        ...

    @property
    def clock(self) -> Clock:
        """What is asked for the present instant."""
        ...

    @property
    def today(self) -> date:
        """The day it is for the publication."""
        ...

    @property
    def publication(self) -> Publication:
        """Whose mail it is."""
        ...

    @property
    def database(self) -> Database:
        """Where what came in stands, and whom it is about."""
        ...

    @property
    def keyring(self) -> Keyring:
        """What opens it."""
        ...

    @property
    def windows(self) -> Windows:
        """What counts the answers of an hour."""
        ...
