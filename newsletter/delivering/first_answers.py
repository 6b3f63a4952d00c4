"""Whether a server takes this digest at all: while it takes none, nobody is charged for what it says to everybody.

A server that does not relay for us says so at RCPT, one that does not like the letter at DATA or the dot, one whose
quota is used up at either; and each may be one reader's own rule too.  So refusals are held back until a server has
accepted somebody, and again once it has refused many in a row.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from newsletter.outcomes import Outcome, Reason, ServerOut, State, Step
from newsletter.store import Session
from newsletter.store.open_deliveries import anybody_has
from newsletter.store.servers import Standing

FIRST = 20
"""So many refused in a row, and nobody accepted between: it is us or the letter, not the readers."""

READERS_OWN = (Reason.BAD_ADDRESS, Reason.MAILBOX_FULL)


@dataclass(slots=True)
class _Server:
    """What one server has said: whether it ever took the digest, refusals in a row, those of them held back."""

    taken: bool
    refused: int = 0
    held: int = 0
    said: ServerOut | None = None


class FirstAnswers:
    """The answers one slice gets from `servers`; by those in `taken` somebody has this digest already."""

    def __init__(self, servers: Iterable[str], *, taken: Collection[str]) -> None:
        self._servers = {label: _Server(label in taken) for label in servers}

    def hold_back(self, outcome: Outcome) -> bool:
        """Take note of an outcome; return whether it is to be held back: owed as before, and asked again later."""
        server = self._servers.get(outcome.server)
        if server is None:
            return False
        if outcome.state is State.SENT:
            server.taken, server.refused = True, 0
        if outcome.state is not State.REFUSED or outcome.step is None or outcome.reason in READERS_OWN:
            return False
        server.refused += 1
        if server.taken and server.refused < FIRST:
            return False
        server.held += 1
        server.said = ServerOut(outcome.step, f"{outcome.code} {outcome.enhanced} {outcome.text}".replace("  ", " "))
        return True

    def refuses(self, server: str) -> bool:
        """Return whether there is no use in asking that server on."""
        return self._servers[server].refused >= FIRST

    @property
    def all_refuse(self) -> bool:
        """Whether there is no use in asking on at all."""
        return all(map(self.refuses, self._servers))

    @property
    def held(self) -> int:
        """How many were held back, if no server has taken the digest for anybody; else 0."""
        servers = self._servers.values()
        return 0 if any(server.taken for server in servers) else sum(server.held for server in servers)

    def words(self, *, least: int = FIRST) -> dict[str, ServerOut]:
        """Return the last words of each server that has refused so many in a row."""
        return {label: one.said for label, one in self._servers.items() if one.said and one.refused >= least}


def first_answers(session: Session, digest_id: int, servers: Mapping[str, Standing]) -> FirstAnswers:
    """Return what one slice of a digest needs to know of the servers it is given.

    One that has refused us, or could not be reached, has to show itself again.
    """
    taken: Collection[str] = ()
    if len(servers) > 1:
        taken = [label for label in servers if anybody_has(session, digest_id, by=label)]
    if not taken and anybody_has(session, digest_id):
        taken = servers
    return FirstAnswers(servers, taken=[label for label in taken if not servers[label].failures])


def is_about_content(said: Collection[ServerOut]) -> bool:
    """Return whether the letter itself is what was refused: it came as far as DATA, everywhere."""
    return all(one.step in (Step.DATA, Step.DOT) for one in said)
