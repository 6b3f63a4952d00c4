"""One server's side of a `deliver`: its connections, and what ends it."""

import asyncio
from collections import Counter
from collections.abc import Callable

from newsletter.outcomes import Outcome, ServerOut, State, Step
from newsletter.transport.dialogue import Dialogue
from newsletter.transport.door import Door
from newsletter.transport.envelope import Envelope
from newsletter.transport.hand import Hand, Share
from newsletter.transport.pace import Pace
from newsletter.transport.report import Tally
from newsletter.transport.server import Server
from newsletter.transport.wire import Lost, Wire

FRESH_LOSSES = 2
"""New connections that may die over one envelope before it waits its turn: it may be what kills them."""


class Side:
    """One server.  `out` says why it refuses us; `losses` are shared with the other sides."""

    def __init__(
        self,
        server: Server,
        hand: Hand,
        gate: Tally,
        *,
        pace: Pace,
        patience: float,
        per_connection: int,
        ahead: bool,
        losses: Counter[int],
        fail: Callable[[Exception], None],
    ) -> None:
        self.server = server
        self.share = Share(hand, server.weight)
        self.door = Door(server, self.share, patience)
        self.wires: set[Wire] = set()
        self.workers: set[asyncio.Task[None]] = set()
        self.out: ServerOut | None = None
        self.answered = False
        self.most = 0
        self._gate = gate
        self._pace = pace
        self._per_connection = per_connection
        self._ahead = ahead
        self._losses = losses
        self._fail = fail

    async def ration(self) -> None:
        """See that the share has what its pace allows."""
        share = self.share
        share.ration = 0
        share.hungry.set()
        want = 4 * self.server.connections
        share.few = want / 2
        try:
            while not share.shut():
                given = await asyncio.to_thread(self._pace, self.server.label, want)
                share.add_ration(given.envelopes)
                if given.wait:
                    await share.pause(given.wait)
                await share.hungry.wait()
        except Exception as fault:
            self._fail(fault)

    def staff(self, envelopes: int) -> None:
        """Have as many connections at work as are of use for so many envelopes."""
        for _ in range(min(self.server.connections - len(self.workers), envelopes - self.share.waiting)):
            worker = asyncio.create_task(self._work())
            self.workers.add(worker)
            worker.add_done_callback(self.workers.discard)

    async def _work(self) -> None:
        """Be one connection after the other, as long as there is something to send."""
        try:
            while await self.share.some():
                await self._connection()
        except ServerOut as out:
            self.out = self.out or out
            self.share.close()
        except Exception as fault:
            self._fail(fault)

    async def _connection(self) -> None:
        try:
            opened = await self.door.open()
        except Lost as lost:
            self.door.failed(lost, alone=not self.wires)
            return
        if opened is None:
            return
        wire, offered = opened
        dialogue = Dialogue(wire, self.server, offered, self._gate, ahead=self._ahead)
        self.wires.add(wire)
        self.most = max(self.most, len(self.wires))
        end = Lost("interrupted")
        try:
            await dialogue.run(self.share, self._per_connection)
            await dialogue.quit()
            end = Lost(wire.lost or "closed")
        except Lost as lost:
            end = lost
        except BaseException:
            self.share.close()  # before what is left here is given back
            raise
        finally:
            wire.abort("closed")
            self.wires.discard(wire)
            self._after(dialogue, end)

    def _after(self, dialogue: Dialogue, end: Lost) -> None:
        """Judge a connection that is over and give back the envelope it left."""
        envelope, closed = dialogue.current, self.share.closed.is_set()
        self._gate.unmarked += dialogue.unmarked
        if dialogue.useful:
            self.answered = True
            self.door.useful()
        elif (dialogue.begun or envelope is not None) and (end.silent or not closed):
            self.door.failed(end, alone=not self.wires, carried=True)
            # A 421 to MAIL is for everyone; later the recipient itself may be what ends connections.
            if dialogue.begun and envelope is not None and end.step is not Step.MAIL:
                self._losses[envelope.id] += 1
        if envelope is not None:
            self._left(envelope, end, closed=closed)

    def _left(self, envelope: Envelope, end: Lost, *, closed: bool) -> None:
        # Silence has cost minutes, and whoever makes a server fall silent would be the next to go again, for ever.
        # Where a server pipelines nobody can tell whether it is about MAIL, RCPT or DATA: answers come together.
        if not end.silent and (self._losses[envelope.id] < FRESH_LOSSES or closed):
            self.share.give_back(envelope)
            return
        code, enhanced = (end.reply.code, end.reply.enhanced) if end.reply else (None, "")
        self._gate.settle(envelope.id, Outcome(State.DEFERRED, None, self.server.label, code, enhanced, end.text))
