"""A server in a different mood at every moment: nobody lost, nobody twice, and what is said to have been sent was."""

from collections.abc import Iterator, Mapping
from random import Random

import pytest

from newsletter.outcomes import State
from newsletter.transport import Transport, parse_server
from tests.smtp.ledger import RecordingGate, envelope, source
from tests.smtp.script import CLOSE, CLOSE_BUT_KEEP, RESET, Do, Script, Then, say
from tests.smtp.server import playing

MOODS: Mapping[str, list[Do]] = {
    "connect": [CLOSE, RESET, say("421 4.3.2 later", Then.CLOSE), say("451 4.3.2 later")],
    "ehlo": [CLOSE, RESET, say("421 4.3.2 later", Then.CLOSE)],
    "mail": [CLOSE, RESET, say("421 4.3.2 later", Then.CLOSE), say("451 4.3.0 later"), say("354 what?")],
    "rcpt": [CLOSE, RESET, say("450 4.2.0 later"), say("550 5.1.1 unknown"), say(b"\0\xff"), say("250 a\r\n250 b")],
    "data": [CLOSE, RESET, say("451 4.3.0 later"), say("554 5.7.1 no"), say("354 go on\r\n250 done")],
    "body": [CLOSE, RESET],
    "dot": [CLOSE, RESET, CLOSE_BUT_KEEP, say("451 4.3.0 later"), say("554 5.7.1 no"), say("no reply at all")],
    "rset": [CLOSE, say("500 5.5.2 what?")],
    "quit": [CLOSE, RESET, say("500 5.5.2 what?")],
}


class Moody(Mapping[str, Do]):
    """Answers that are looked up anew each time."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def __getitem__(self, moment: str) -> Do:
        if moment in MOODS and self.random.random() < 0.08:
            return self.random.choice(MOODS[moment])
        raise KeyError(moment)

    def __iter__(self) -> Iterator[str]:
        return iter(MOODS)

    def __len__(self) -> int:
        return len(MOODS)


@pytest.mark.parametrize("offers", [("PIPELINING",), ()], ids=["pipelining", "plain"])
@pytest.mark.parametrize("seed", range(2))
def test_outcomes_tell_what_the_server_has(seed: int, offers: tuple[str, ...]) -> None:
    names = [f"r{id}" for id in range(120)]
    gate = RecordingGate(most=6)
    with playing(Script(Moody(seed), offers)) as seen:
        server = parse_server(f"smtp://127.0.0.1:{seen.port}?connections=6&timeout=20")
        report = Transport(server, patience=20).deliver(
            source((envelope(id, name) for id, name in enumerate(names)), batch=30), gate
        )
    assert gate.outcomes.keys() == set(range(120))
    assert sum(report.states.values()) == 120
    assert report.states[State.SENT] > 60
    for id, name in enumerate(names):
        state = gate.outcomes[id].state
        assert seen.taken[name] in ({State.SENT: {1}, State.DOUBTFUL: {0, 1}}.get(state, {0})), (name, state)
