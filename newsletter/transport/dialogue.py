"""Transactions on an open connection: MAIL, RCPT, DATA, the mark, the body, the dot (RFC 5321 section 3.3).

**When the mark is asked.**  After the 354, as the last thing before the body.  Earlier would hide its time behind the
server's answers, but then an await lies between its answer and the body, and a process that was frozen there would
send what another has taken since; a refused recipient would be marked for nothing; and a connection could leave more
than one delivery in doubt.  Where the server pipelines it costs no round trip either: the answer to the last dot, to
MAIL, RCPT and DATA come together, so the outcome of one message and the mark of the next meet in one commit.  The
price: after a 354 the only way to send nothing is to drop the connection, so a reader who left a second ago costs one.
"""

from newsletter.clock import monotonic
from newsletter.outcomes import Outcome, Reply, ServerOut, State, Step, judge, scrub
from newsletter.transport.envelope import Envelope, Gate
from newsletter.transport.hand import Share
from newsletter.transport.opening import Features
from newsletter.transport.server import LONGEST_STEP, Server
from newsletter.transport.wire import Lost, Wire

COMMANDS = (Step.MAIL, Step.RCPT, Step.DATA)
RESET = b"RSET\r\n"
DATA = b"DATA\r\n"
DOT = b".\r\n"
POLITE = 5.0
"""Seconds to wait for the answer to QUIT; it changes nothing."""


class Dialogue:
    """Transactions over one connection.  At most one envelope is marked and not settled at any time.

    `current` is the envelope that was begun and not yet marked or settled; an exception leaves it there.  `begun` says
    whether there was any, `useful` whether any got an answer, `unmarked` whether the gate said no, which ends it.
    `ahead`: the next one is begun behind the dot of the last where the server pipelines, else after its answer.
    """

    def __init__(self, wire: Wire, server: Server, offered: Features, gate: Gate, *, ahead: bool) -> None:
        self.wire = wire
        self.current: Envelope | None = None
        self.begun = self.useful = self.unmarked = False
        self._server = server
        self._label = server.label
        self._offered = offered
        self._gate = gate
        self._ahead = ahead and offered.pipelining
        self._carried = 0
        self._refused = False  # a transaction was refused half-way: RSET goes before the next MAIL

    async def run(self, share: Share, limit: int) -> None:
        """Send what `share` gives, up to `limit` envelopes, until it has no more or the connection is gone.

        Raises
        Lost: the connection is of no more use; `current`, if any, was neither sent nor marked.
        ServerOut: the server refuses us; the same holds.
        """
        while self.current is not None or (self._carried < limit and self.wire.lost is None):
            if self.current is None:
                self.current = await share.take()
                if self.current is None:
                    return
                if not self.wire.in_step:  # closed while it was idle
                    raise Lost(self.wire.lost or "answer before its command")
                self.begun = True
                self.wire.write(self._opening(self.current))
            await self._transaction(self.current, share, limit)
            self._carried += 1

    async def quit(self) -> None:
        """End politely; a rude answer changes nothing."""
        try:
            self.wire.write(b"QUIT\r\n")
            await self.wire.reply(min(POLITE, self._server.timeout))
        except Lost:
            pass
        finally:
            self.wire.abort("closed")

    def _opening(self, envelope: Envelope) -> bytes:
        """Return what may be written at once to begin: all commands where the server pipelines, else none."""
        if not self._offered.pipelining:
            return b""
        commands = self._mail(envelope) + self._rcpt(envelope) + DATA
        return RESET + commands if self._refused else commands

    def _command(self, step: Step, envelope: Envelope) -> bytes:
        if step is Step.DATA:
            return DATA
        return self._mail(envelope) if step is Step.MAIL else self._rcpt(envelope)

    def _rcpt(self, envelope: Envelope) -> bytes:
        return b"RCPT TO:<%b>\r\n" % envelope.rcpt_to.encode("ascii")

    def _mail(self, envelope: Envelope) -> bytes:
        sender = envelope.mail_from.encode("ascii")
        if self._offered.says_size:  # RFC 1870: a server that has not the room says so before the body
            return b"MAIL FROM:<%b> SIZE=%d\r\n" % (sender, envelope.size)
        return b"MAIL FROM:<%b>\r\n" % sender

    async def _transaction(self, envelope: Envelope, share: Share, limit: int) -> None:
        """Carry `envelope` to its end.  After it, `current` is what was begun behind its dot, if anything was."""
        begun = monotonic()
        refusal = await self._refusal(envelope, begun + min(self._server.timeout, LONGEST_STEP / 2))
        if refusal is not None:
            self.current = None
            self._settle(envelope, refusal)
            return
        if share.closed.is_set():
            raise Lost("stopped")  # the 354 is out: only dropping the connection sends nothing
        seconds = min(2 * self._server.timeout, LONGEST_STEP - (monotonic() - begun))
        granted = await self._gate.mark(envelope.id)
        # No await from here to the body: see above.
        self.current = None
        if not granted:
            self.useful = self.unmarked = True
            raise Lost("not ours to send")
        if not self.wire.in_step:
            self._settle(envelope, self._outcome(State.QUEUED, self.wire.lost or "answer before its command"))
            raise Lost("out of step")
        if self._ahead and self._carried + 1 < limit:
            self.current = share.take_now()
        behind = self._opening(self.current) if self.current is not None else b""
        # Not `writelines`: in Python 3.12.0 to 3.13.1 it forgets `pause_writing`, and `held` would say nothing.
        self.wire.write(b"".join((*envelope.segments, DOT, behind)))
        outcome = self._outcome(State.DOUBTFUL, "interrupted after the final dot")
        try:
            outcome = await self._verdict(envelope, seconds)
        finally:
            self._settle(envelope, outcome)

    async def _refusal(self, envelope: Envelope, until: float) -> Outcome | None:
        """Return what a refusal of MAIL, RCPT or DATA means for `envelope`, or None: the server waits for the body."""
        if self._refused:
            await self._reset(until)
        if 0 < self._offered.size < envelope.size:
            text = f"takes {self._offered.size} octets, the message has {envelope.size}"
            raise ServerOut(Step.MAIL, text)  # no reader of this letter could be reached: nobody's fault but ours
        refused: Step | None = None
        for step in COMMANDS:
            if not self._offered.pipelining:
                self.wire.write(self._command(step, envelope))
            reply = await self.wire.reply(until - monotonic())
            if reply.code == 421:
                raise Lost(f"{step}: 421 {scrub(reply.text, recipient=envelope.rcpt_to)}", reply, step)
            if reply.code == 354 if step is Step.DATA else reply.code // 100 == 2:
                if step is Step.DATA and refused:
                    await self._nothing(refused, until)
            elif refused is None:
                if reply.code < 400:
                    raise Lost(f"{step}: unexpected answer {reply.code}", reply)
                refused, outcome = step, self._judge(step, reply, envelope)
                if not self._offered.pipelining:
                    break
        self._refused = refused is not None
        return outcome if refused else None

    async def _reset(self, until: float) -> None:
        if not self._offered.pipelining:
            self.wire.write(RESET)
        reply = await self.wire.reply(until - monotonic())
        if reply.code != 250:
            raise Lost(f"rset: {reply.code} {scrub(reply.text)}", reply)

    async def _nothing(self, refused: Step, until: float) -> None:
        """Answer a 354 that came although no recipient was accepted with a lone dot (RFC 2920 section 3.1)."""
        if refused is not Step.RCPT:  # a recipient was accepted without a sender: the dot might send an empty message
            raise Lost("data: unexpected answer 354")
        self.wire.write(DOT)
        await self.wire.reply(until - monotonic())

    async def _verdict(self, envelope: Envelope, seconds: float) -> Outcome:
        try:
            reply = await self.wire.reply(seconds)
        except Lost as lost:
            if self.wire.held:
                return self._outcome(State.QUEUED, f"in the body: {lost.text}")
            return self._outcome(State.DOUBTFUL, f"after the final dot: {lost.text}")
        if self.wire.held:  # an answer although the dot is still with us
            self.wire.abort("answer in the middle of the body")
            if reply.code < 400 or reply.code == 421:
                return self._outcome(State.QUEUED, f"in the body: answer {reply.code}")
        return self._judge(Step.DOT, reply, envelope)

    def _judge(self, step: Step, reply: Reply, envelope: Envelope) -> Outcome:
        return judge(step, reply, server=self._label, recipient=envelope.rcpt_to)

    def _settle(self, envelope: Envelope, outcome: Outcome) -> None:
        self.useful = self.useful or outcome.code is not None
        self._gate.settle(envelope.id, outcome)

    def _outcome(self, state: State, text: str) -> Outcome:
        return Outcome(state, None, self._label, None, "", text)
