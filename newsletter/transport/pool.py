"""The transport: envelopes from a source, over as many connections to as many servers as are of use, past a gate."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable

from newsletter.outcomes import Outcome, Reason, State, Step
from newsletter.transport.envelope import Envelope, Gate, Source
from newsletter.transport.hand import Hand
from newsletter.transport.pace import Pace, unpaced
from newsletter.transport.report import Report, Tally
from newsletter.transport.server import Server
from newsletter.transport.side import Side

_PATH = re.compile(r"[!-;=?-~]*")  # printable ASCII but < and >: no way out of the command line


class Transport:
    """Delivers to one server, or shares out among several: to each what it can take, or by their weights.

    Opens nothing before `deliver` and keeps nothing open after it.  `enough` and `stop` are asked before each envelope
    and every 0.1 s: once one is true no new envelope is begun; after `stop`, what still waits for the answer to its dot
    `grace` seconds later is doubtful.  `pace`: how many envelopes a server may take.  `patience`: seconds without a
    connection before a server is given up.  `per_connection`: messages after which a connection is closed.  `ahead`:
    where a server pipelines, the next envelope is begun behind the dot of the last one, and waits for its answer too.
    """

    def __init__(
        self,
        *servers: Server,
        stop: Callable[[], bool] = lambda: False,
        enough: Callable[[], bool] = lambda: False,
        pace: Pace = unpaced,
        patience: float = 10.0,
        per_connection: int = 1000,
        grace: float = 30.0,
        ahead: bool = True,
    ) -> None:
        self.servers = servers
        self.stop = stop
        self.enough = enough
        self.pace = pace
        self.patience = patience
        self.per_connection = per_connection
        self.grace = grace
        self.ahead = ahead

    def deliver(self, source: Source, gate: Gate) -> Report:
        """Send what `source` gives until it has no more, and say what came of it.

        Every envelope taken from `source` is settled exactly once, unless `gate.mark` said False for it.  Runs an event
        loop of its own, in which it calls the gate; `source` is called in a thread.

        Raises
        What `source`, `gate` or `pace` raise, after everything else has been settled.
        """
        return asyncio.run(_Run(self, source, gate).run())


class _Run:
    """One `deliver`."""

    def __init__(self, transport: Transport, source: Source, gate: Gate) -> None:
        self._transport = transport
        self._source = source
        self._gate = Tally(gate)
        self._fault: Exception | None = None
        few = 2 * sum(server.connections for server in transport.servers)
        self._hand = Hand(lambda: transport.stop() or transport.enough(), few)
        losses: Counter[int] = Counter()
        self._sides = [
            Side(
                server,
                self._hand,
                self._gate,
                pace=transport.pace,
                patience=transport.patience,
                per_connection=transport.per_connection,
                ahead=transport.ahead,
                losses=losses,
                fail=self._fail,
            )
            for server in transport.servers
        ]

    async def run(self) -> Report:
        tasks = [asyncio.create_task(self._watch())]
        if self._transport.pace is not unpaced:
            tasks += [asyncio.create_task(side.ration()) for side in self._sides]
        try:
            await self._feed()
            while workers := [worker for side in self._sides for worker in side.workers]:
                if self._hand.ended and not self._hand.ready and not any(side.wires for side in self._sides):
                    self._hand.close()  # all is settled: nobody waits for a server that does not answer
                await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hand.close()
            tasks += [worker for side in self._sides for worker in side.workers]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            report = self._report()
            self._release(report)
            await asyncio.sleep(0)  # a transport that was aborted closes its socket in the loop's next turn
        if self._fault is not None:
            raise self._fault
        return report

    async def _watch(self) -> None:
        while not self._transport.stop():
            self._hand.shut()
            for side in self._sides:
                side.share.check_stalled()
            await asyncio.sleep(0.1)
        self._hand.close()
        await asyncio.sleep(self._transport.grace)
        for side in self._sides:
            for wire in list(side.wires):
                wire.abort("stopped")

    async def _feed(self) -> None:
        hand = self._hand
        try:
            while not hand.shut():
                given = await asyncio.to_thread(self._source)
                if isinstance(given, float):
                    await hand.pause(given)
                    continue
                if not given:
                    break
                hand.add(envelope for envelope in given if self._fits(envelope))
                for side in self._sides:
                    side.staff(len(hand.ready))
                await hand.low.wait()
        except Exception as fault:
            self._fail(fault)
        hand.end()

    def _fail(self, fault: Exception) -> None:
        self._fault = self._fault or fault
        self._hand.close()

    def _fits(self, envelope: Envelope) -> bool:
        if not _PATH.fullmatch(envelope.mail_from):
            raise ValueError("the return path cannot be written into an SMTP command")
        if envelope.rcpt_to and _PATH.fullmatch(envelope.rcpt_to):
            return True
        text = "cannot be written into an SMTP command"
        self._gate.settle(envelope.id, Outcome(State.REFUSED, Reason.BAD_ADDRESS, text=text))
        return False

    def _release(self, report: Report) -> None:
        """Settle what was taken from the source and never begun; a stop says nothing, for there is nothing to say."""
        text = ""
        if all(side.out or side.door.unreachable for side in self._sides):
            text = str(report.out or "") or report.unreachable
        step = Step.CONNECT if text else None  # wherever it was: not even MAIL was said for this one
        nothing = Outcome(State.QUEUED, None, self._transport.servers[0].label if text else "", None, "", text, step)
        while self._hand.ready:
            self._gate.settle(self._hand.ready.popleft().id, nothing)

    def _report(self) -> Report:
        sides, gate = self._sides, self._gate
        return Report(
            states=gate.states,
            unmarked=gate.unmarked,
            outs={side.server.label: side.out for side in sides if side.out},
            unreachables={side.server.label: side.door.unreachable for side in sides if side.door.unreachable},
            answered=frozenset(side.server.label for side in sides if side.answered),
            connections=sum(side.most for side in sides),
        )
