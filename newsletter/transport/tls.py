"""TLS: verified chain, verified name, or nothing is said."""

import asyncio
import os
import ssl
from functools import lru_cache

from newsletter.errors import OperatorError
from newsletter.outcomes import ServerOut, Step, scrub
from newsletter.transport.asking import ask
from newsletter.transport.server import Server
from newsletter.transport.wire import Lost, Wire


@lru_cache(maxsize=8)
def trust(ca: str | None) -> ssl.SSLContext:
    """Return a context that verifies chain and name.  Kept: reading the system's certificates takes 10–20 ms.

    Raises
    OperatorError: the file `ca` cannot be read, or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError:
        raise OperatorError("the SMTP URL: the certificates of ca= cannot be read") from None


async def starttls(wire: Wire, server: Server, *, offered: bool) -> None:
    """Go on under TLS (RFC 3207).

    Raises
    ServerOut, Lost: as `ask` and `fault`; ServerOut also if STARTTLS is not offered.
    """
    if not offered:
        raise ServerOut(Step.STARTTLS, "not offered, and plain text is not allowed (see `?tls=` in the SMTP URL)")
    await ask(wire, Step.STARTTLS, b"STARTTLS", 220, seconds=server.timeout)
    if not wire.in_step:  # words injected in plain text would count as said under TLS
        raise ServerOut(Step.STARTTLS, "the server spoke between its 220 and the handshake")
    try:
        secured = await asyncio.get_running_loop().start_tls(
            wire.transport, wire, trust(server.ca), server_hostname=server.host, ssl_handshake_timeout=server.timeout
        )
    except OSError as error:
        raise fault(Step.STARTTLS, error) from None
    if secured is None:
        raise Lost("starttls: connection closed in the handshake")
    wire.secured(secured)


def fault(step: Step, error: OSError) -> ServerOut | Lost:
    """Return what `error` at `step` means: a wrong certificate or protocol stays wrong, a lost connection need not."""
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Lost(f"{step}: connection closed in the TLS handshake")
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "verify_message", "") or error.reason or "handshake failed"
        return ServerOut(step, scrub(f"TLS: {reason}"))
    # asyncio puts the address it tried into strerror, getaddrinfo (a negative errno) what was wrong with the name.
    known = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
    return Lost(f"{step}: {scrub(known)}")
