"""The transport: envelopes from a source, over as many connections as are of use, past a gate."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable

from newsletter.outcomes import Outcome, Reason, ServerOut, State, Step
from newsletter.transport.dialogue import Dialogue
from newsletter.transport.door import Door
from newsletter.transport.envelope import Envelope, Gate, Source
from newsletter.transport.hand import Hand
from newsletter.transport.report import Report, Tally
from newsletter.transport.server import Server
from newsletter.transport.wire import Lost, Wire

FRESH_LOSSES = 2
"""New connections that may die over one envelope before it waits its turn: it may be what kills them."""

_PATH = re.compile(r"[!-;=?-~]*")  # printable ASCII but < and >: no way out of the command line


class Transport:
    """Delivers to one server.  Opens nothing before `deliver` and keeps nothing open after it.

    `stop` is asked before each envelope and every 0.1 s: once it is true no new one is begun; what still waits for
    the answer to its dot after `grace` seconds is doubtful.  `patience`: seconds without a connection before giving
    up.  `per_connection`: messages after which a connection is closed.
    """

    def __init__(
        self,
        server: Server,
        *,
        stop: Callable[[], bool] = lambda: False,
        patience: float = 10.0,
        per_connection: int = 1000,
        grace: float = 30.0,
    ) -> None:
        self.server = server
        self.stop = stop
        self.patience = patience
        self.per_connection = per_connection
        self.grace = grace

    def deliver(self, source: Source, gate: Gate) -> Report:
        """Send what `source` gives until it has no more, and say what came of it.

        Every envelope taken from `source` is settled exactly once, unless `gate.mark` said False for it.  Runs an event
        loop of its own, in which it calls the gate; `source` is called in a thread.

        Raises
        What `source` or `gate` raise, after everything else has been settled.
        """
        return asyncio.run(_Run(self, source, gate).run())


class _Run:
    """One `deliver`."""

    def __init__(self, transport: Transport, source: Source, gate: Gate) -> None:
        self._transport = transport
        self._server = transport.server
        self._source = source
        self._gate = Tally(gate)
        self._hand = Hand(transport.stop, few=2 * self._server.connections)
        self._door = Door(self._server, self._hand, transport.patience)
        self._workers: set[asyncio.Task[None]] = set()
        self._wires: set[Wire] = set()
        self._losses: Counter[int] = Counter()
        self._most = 0
        self._out: ServerOut | None = None
        self._fault: BaseException | None = None

    async def run(self) -> Report:
        watch = asyncio.create_task(self._watch())
        try:
            await self._feed()
            while self._workers:
                await asyncio.wait(self._workers)
        finally:
            for task in (watch, *self._workers):
                task.cancel()
            await asyncio.gather(watch, *self._workers, return_exceptions=True)
            self._release()
            await asyncio.sleep(0)  # a transport that was aborted closes its socket in the loop's next turn
        if self._fault is not None:
            raise self._fault
        gate = self._gate
        return Report(dict(gate.states), gate.unmarked, self._out, self._door.unreachable, self._most)

    async def _watch(self) -> None:
        while not self._transport.stop():
            await asyncio.sleep(0.1)
        self._hand.close()
        await asyncio.sleep(self._transport.grace)
        for wire in list(self._wires):
            wire.abort("stopped")

    async def _feed(self) -> None:
        hand = self._hand
        try:
            while not hand.shut():
                envelopes = await asyncio.to_thread(self._source)
                if not envelopes:
                    break
                hand.add(envelope for envelope in envelopes if self._fits(envelope))
                for _ in range(min(self._server.connections - len(self._workers), len(hand.ready) - hand.waiting)):
                    worker = asyncio.create_task(self._work())
                    self._workers.add(worker)
                    worker.add_done_callback(self._workers.discard)
                await hand.low.wait()
        except Exception as fault:
            self._fault = fault
            hand.close()
        hand.end()

    def _fits(self, envelope: Envelope) -> bool:
        if not _PATH.fullmatch(envelope.mail_from):
            raise ValueError("the return path cannot be written into an SMTP command")
        if envelope.rcpt_to and _PATH.fullmatch(envelope.rcpt_to):
            return True
        text = "cannot be written into an SMTP command"
        self._gate.settle(envelope.id, Outcome(State.REFUSED, Reason.BAD_ADDRESS, text=text))
        return False

    async def _work(self) -> None:
        """Be one connection after the other, as long as there is something to send."""
        try:
            while await self._hand.some():
                await self._connection()
        except ServerOut as out:
            self._out = self._out or out
            self._hand.close()
        except Exception as fault:
            self._fault = self._fault or fault
            self._hand.close()

    async def _connection(self) -> None:
        try:
            opened = await self._door.open()
        except Lost as lost:
            self._door.failed(lost, alone=not self._wires)
            return
        if opened is None:
            return
        wire, offered = opened
        dialogue = Dialogue(wire, self._server, offered, self._gate)
        self._wires.add(wire)
        self._most = max(self._most, len(self._wires))
        end = Lost("interrupted")
        try:
            await dialogue.run(self._hand, self._transport.per_connection)
            await dialogue.quit()
            end = Lost(wire.lost or "closed")
        except Lost as lost:
            end = lost
        except BaseException:
            self._hand.close()  # before what is left here is given back
            raise
        finally:
            wire.abort("closed")
            self._wires.discard(wire)
            self._after(dialogue, end)

    def _after(self, dialogue: Dialogue, end: Lost) -> None:
        """Judge a connection that is over and give back the envelope it left."""
        envelope = dialogue.current
        self._gate.unmarked += dialogue.unmarked
        if dialogue.useful:
            self._door.useful()
        elif (dialogue.begun or envelope is not None) and not self._hand.closed.is_set():
            self._door.failed(end, alone=not self._wires)
            # A 421 to MAIL is for everyone; later the recipient itself may be what ends connections.
            if dialogue.begun and envelope is not None and end.step is not Step.MAIL:
                self._losses[envelope.id] += 1
        if envelope is None:
            return
        if self._losses[envelope.id] < FRESH_LOSSES or self._hand.closed.is_set():
            self._hand.give_back(envelope)
            return
        code, enhanced = (end.reply.code, end.reply.enhanced) if end.reply else (None, "")
        outcome = Outcome(State.DEFERRED, None, self._server.label, code, enhanced, end.text)
        self._gate.settle(envelope.id, outcome)

    def _release(self) -> None:
        """Settle what was taken from the source and never begun."""
        text = f"{self._out}" if self._out else self._door.unreachable  # a stop says nothing: there is nothing to say
        nothing = Outcome(State.QUEUED, None, self._server.label, None, "", text)
        while self._hand.ready:
            self._gate.settle(self._hand.ready.popleft().id, nothing)
