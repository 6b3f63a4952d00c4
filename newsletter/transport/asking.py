"""A question and its answer before any reader is concerned: what is wrong here is nobody's fault but ours."""

from newsletter.outcomes import Reply, ServerOut, Step, judge, scrub
from newsletter.transport.wire import Lost, Wire


async def ask(
    wire: Wire, step: Step, question: bytes, *codes: int, seconds: float, secrets: tuple[str, ...] = ()
) -> Reply:
    """Write `question` (nothing for the greeting, which comes by itself); return the answer if it is one of `codes`.

    An answer that quotes one of `secrets` is not repeated.

    Raises
    ServerOut: a 5xx, an answer out of place, or something that is not SMTP: waiting will not make it better.
    Lost: a 4xx, silence, or the end of the connection: it may be better in a while.
    """
    if question:
        if not wire.in_step:  # else every answer would be taken for that to the question after it
            raise Lost(f"{step}: {wire.lost or 'answer before its command'}")
        wire.write(question + b"\r\n")
    try:
        reply = await wire.reply(seconds)
    except Lost as lost:
        if lost.text.startswith("unreadable"):  # another protocol's port
            raise ServerOut(step, lost.text) from None
        raise Lost(f"{step}: {lost.text}", silent=lost.silent) from None
    if any(secret in reply.text for secret in secrets):
        reply = Reply(reply.code, "(the answer quotes the login)", reply.enhanced)
    if reply.code not in codes:
        judge(step, reply)  # raises ServerOut for all but 4xx
        raise Lost(f"{step}: {reply.code} {scrub(reply.text)}", reply)
    return reply
