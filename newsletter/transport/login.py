"""AUTH (RFC 4954) with PLAIN (RFC 4616); LOGIN has no RFC, and there are servers that know nothing else."""

from base64 import b64encode

from newsletter.outcomes import ServerOut, Step
from newsletter.transport.asking import ask
from newsletter.transport.server import Server
from newsletter.transport.wire import Wire


async def log_in(wire: Wire, server: Server, offered: frozenset[str]) -> None:
    """Say who we are, by one of the mechanisms that are `offered`.

    Raises
    ServerOut, Lost: as `ask`; ServerOut also if neither PLAIN nor LOGIN is offered.
    """
    user, password = server.user.encode(), server.password.encode()
    if "PLAIN" in offered:
        words = [b"AUTH PLAIN " + b64encode(b"\0" + user + b"\0" + password)]
    elif "LOGIN" in offered:
        words = [b"AUTH LOGIN", b64encode(user), b64encode(password)]
    else:
        raise ServerOut(Step.AUTH, "the server offers neither PLAIN nor LOGIN")
    # What hides the login in an answer: the password, and what we wrote, `LOGIN` itself apart.
    secrets = (server.password, *(word.split()[-1].decode() for word in words if word != b"AUTH LOGIN"))
    for word in words[:-1]:
        await ask(wire, Step.AUTH, word, 334, seconds=server.timeout, secrets=secrets)
    await ask(wire, Step.AUTH, words[-1], 235, seconds=server.timeout, secrets=secrets)
