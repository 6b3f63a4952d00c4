"""What a reply means for a delivery."""

from newsletter.outcomes.reasons import reason_for
from newsletter.outcomes.scrubbing import scrub
from newsletter.outcomes.states import Outcome, Reply, ServerOut, State, Step


def judge(step: Step, reply: Reply, *, server: str = "", recipient: str = "") -> Outcome:
    """Return what `reply` at `step` means for the delivery to `recipient`, whose turn it was.

    >>> judge(Step.DOT, Reply(250, "queued as 17")).state.value
    'sent'
    >>> judge(Step.RCPT, Reply(451, "greylisted", "4.7.1")).state.value
    'deferred'
    >>> judge(Step.RCPT, Reply(550, "<anna@example.org> unknown", "5.1.1")).text
    '<…> unknown'
    >>> judge(Step.MAIL, Reply(421, "shutting down")).state.value
    'queued'

    Raises
    ServerOut: a 5xx before RCPT; it is *our* fault, whoever the reader was.
    """
    text = scrub(reply.text, recipient=recipient)
    if step is Step.DOT and 200 <= reply.code < 300:
        return Outcome(State.SENT, None, server, reply.code, reply.enhanced, text)
    if 400 <= reply.code < 500:
        # 421 says that the connection ends, not that this reader is to wait.
        state = State.QUEUED if reply.code == 421 and step is not Step.DOT else State.DEFERRED
        return Outcome(state, None, server, reply.code, reply.enhanced, text)
    if 500 <= reply.code < 600:
        if step not in (Step.RCPT, Step.DATA, Step.DOT):
            raise ServerOut(step, f"{reply.code} {text}")
        return Outcome(State.REFUSED, reason_for(reply), server, reply.code, reply.enhanced, text, step)
    if step is Step.DOT:
        return Outcome(State.DOUBTFUL, None, server, reply.code, "", text)
    raise ServerOut(step, f"unexpected reply {reply.code} {text}")
