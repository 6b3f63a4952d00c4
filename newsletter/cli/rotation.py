"""Sealing again what is sealed with an older key: some hundred rows at a time, so that it can stop and go on."""

from collections import Counter
from collections.abc import Iterable

from newsletter.cli.terminal import Bar, bar
from newsletter.runtime import Runtime
from newsletter.sealing import Keyring, Unsealable
from newsletter.store.keys import SEALED, Sealed
from newsletter.store.resealing import NewSeal, OldSeal, count_old_seals, old_seals, put_seals

AT_ONCE = 500
"""Rows of one transaction: a tenth of a second at most that others wait for."""

LARGE_AT_ONCE = 5
"""The same, of rows that may hold whole mails: they are in memory together."""


class Resealing:
    """What came of it: how many were sealed again, and how many of each kind of row no key opens."""

    def __init__(self, here: Runtime) -> None:
        self.sealed_again = 0
        self.unopened: Counter[str] = Counter()
        self._here = here
        self._keyring = here.keyring

    def run(self) -> None:
        """Seal everything again that is sealed with another key than the one in use."""
        total = self.count()
        if not total:
            return
        with bar("sealing again") as progress:
            self._pass(progress, total)
        # What was on its way into the database when the key came is older, too.
        self._pass()

    def count(self) -> int:
        """Count what is sealed with another key than the one in use."""
        with self._here.database.reading() as session:
            return count_old_seals(session, self._keyring.in_use("seal"))

    def _pass(self, progress: Bar | None = None, total: int = 0) -> None:
        self.unopened.clear()
        kid, done = self._keyring.in_use("seal"), 0
        for where in SEALED:
            below: int | None = None
            at_once = min(AT_ONCE, LARGE_AT_ONCE) if where.large else AT_ONCE
            while True:
                with self._here.database.reading() as session:
                    old = old_seals(session, where, kid, below=below, limit=at_once)
                if not old:
                    break
                new = list(self._sealed_again(where, old))
                with self._here.database.transaction() as session:
                    self.sealed_again += put_seals(session, where, new)
                below, done = old[-1].id, done + len(old)
                if progress:
                    progress.show(done, max(done, total))

    def _sealed_again(self, where: Sealed, old: Iterable[OldSeal]) -> Iterable[NewSeal]:
        for one in old:
            try:
                yield NewSeal(one.id, one.value, _again(self._keyring, one))
            except Unsealable:
                self.unopened[where.rows] += 1


def _again(keyring: Keyring, old: OldSeal) -> bytes:
    return keyring.seal_octets(keyring.open_octets(old.value, bound_to=old.bound_to), bound_to=old.bound_to)
