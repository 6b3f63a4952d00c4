"""The opened resources of one process: settings, publication, keys, database.  The one composition root."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from newsletter.clock import Clock, system_clock
from newsletter.errors import OperatorError
from newsletter.keyfile import create_key_file
from newsletter.letters import Signers, exposures, open_signers
from newsletter.privatefile import KeyFileExists
from newsletter.publication import Publication, load_publication
from newsletter.sealing import Keyring, read_key_file
from newsletter.settings import Settings, load_settings
from newsletter.store import Database, open_database
from newsletter.store.audit import add_audit, set_up_at
from newsletter.store.keys import keys_in_use
from newsletter.store.schema import check_schema, upgrade
from newsletter.transport import Server, parse_servers
from newsletter.windows import Windows


class ForeignKeys(OperatorError):
    """The addresses in the database were sealed with other keys than those we were given."""


@dataclass
class Runtime:
    """What a door hands to verbs.  Everything is opened at first use, so a fork shares nothing."""

    settings: Settings
    clock: Clock = system_clock

    @cached_property
    def publication(self) -> Publication:
        """The publication, read once."""
        settings = self.settings
        return load_publication(
            settings.publication, base_url=settings.base_url, discreet_base_url=settings.discreet_base_url
        )

    @property
    def today(self) -> date:
        """Today's date where the publication lives: the day that is kept with whatever readers or operators do."""
        return self.publication.day_of(self.clock())

    @cached_property
    def database(self) -> Database:
        """The database, with our schema.

        SQLite is brought to it here (one file, one machine); PostgreSQL by `newsletter db upgrade`, because others
        may be running on it.
        """
        if self.settings.database_url is None:
            self.settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = open_database(self.settings.database)
        try:
            if database.is_sqlite:
                self.set_up(database)
            else:
                check_schema(database)
        except Exception:
            database.close()
            raise
        return database

    def set_up(self, database: Database) -> bool:
        """Bring a database to our schema; note the first time, because weeks before it are history."""
        changed = upgrade(database)
        with database.reading() as session:
            is_new = set_up_at(session) is None
        if is_new:
            with database.transaction() as session:
                add_audit(session, now=self.clock(), who="newsletter", what="set up")
        return changed

    @cached_property
    def keyring(self) -> Keyring:
        """The keys.  Made at first use only where the default place is used and nothing is sealed yet.

        Raises
        KeyFileError: the file is missing though it was named, or is not fit for use.
        ForeignKeys: there are sealed addresses that these keys do not open.
        """
        path = self.settings.keys
        with self.database.reading() as session:
            in_use = keys_in_use(session)
        if not path.exists():
            if in_use:
                raise ForeignKeys(
                    f"{path}: the key file is missing, and the database holds addresses sealed with it; "
                    "bring the file back from its backup (a new one cannot open them)"
                )
            if self.settings.key_file is not None:
                raise ForeignKeys(f"{path}: there is no key file; make one with: newsletter keys new")
            with suppress(KeyFileExists):  # another process was first
                create_key_file(path)
        keyring = read_key_file(path)
        if not all(keyring.holds(purpose, value) for purpose, value in in_use):
            raise ForeignKeys(f"{path}: the database's addresses were sealed with other keys; bring their file back")
        return keyring

    @cached_property
    def signers(self) -> Signers:
        """Who signs our letters (DKIM).

        Raises
        Faults: every key that cannot be used.
        """
        return open_signers(self.settings.dkim)

    @cached_property
    def servers(self) -> tuple[Server, ...]:
        """The SMTP servers that take our mail."""
        return parse_servers(
            self.settings.smtp_url.get_secret_value(),
            connections=self.settings.smtp_connections,
            timeout=self.settings.smtp_timeout_seconds,
        )

    @cached_property
    def windows(self) -> Windows:
        """What counts requests; it connects at first use, and a Valkey that is away stops nothing."""
        return Windows(self.settings.broker, self.keyring)

    def check(self) -> None:
        """Open everything, so that what is wrong is said at the start and not in the middle of the week.

        Raises
        OperatorError: settings, publication, database or keys are not fit for use.
        """
        settings = self.settings
        if settings.webhook_ses or settings.webhook_postmark or settings.webhook_sendgrid or settings.webhook_mailgun:
            from newsletter.inbound.webhooks import check_secrets  # a fifth of a second: for those who need it

            check_secrets(settings)
        _ = self.publication, self.database, self.keyring, self.signers, self.servers

    def warnings(self) -> list[str]:
        """Return what is fit for use and would surprise the operator all the same, a line each."""
        relays = [name for server in self.servers for name in (server.host, server.name) if name]
        return exposures(self.publication, self.signers, relays)


_opened: dict[int, Runtime] = {}


def runtime(settings: Callable[[], Settings] = load_settings) -> Runtime:
    """Return this process's runtime, opened at first use; a forked child gets its own."""
    pid = os.getpid()
    if pid not in _opened:
        _opened.clear()
        _opened[pid] = Runtime(settings())
    return _opened[pid]
