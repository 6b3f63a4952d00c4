"""From nothing to a connection that takes transactions: greeting, EHLO, STARTTLS, AUTH (RFC 5321 section 3.1)."""

import asyncio
from dataclasses import dataclass
from ipaddress import ip_address

from newsletter.outcomes import Reply, Step
from newsletter.transport.asking import ask
from newsletter.transport.login import log_in
from newsletter.transport.server import Server, Tls
from newsletter.transport.tls import fault, starttls, trust
from newsletter.transport.wire import Lost, Wire


@dataclass(frozen=True, slots=True)
class Features:
    """What a server offers (RFC 5321 section 4.1.1.1).  `size`: the most octets of a message, 0 if it does not say."""

    pipelining: bool = False
    starttls: bool = False
    says_size: bool = False
    size: int = 0
    auth: frozenset[str] = frozenset()


def features(reply: Reply) -> Features:
    r"""Return what the answer to EHLO offers.

    >>> features(Reply(250, "mx.example.org\nPIPELINING\nSIZE 1000\nAUTH PLAIN LOGIN")).size
    1000
    """
    offered: dict[str, list[str]] = {}
    for line in reply.text.split("\n")[1:]:
        words = line.upper().replace("AUTH=", "AUTH ").split()  # `AUTH=LOGIN` is how servers said it before RFC 2554
        if words:
            offered.setdefault(words[0], []).extend(words[1:])
    size = next(iter(offered.get("SIZE", [])), "0")
    return Features(
        "PIPELINING" in offered,
        "STARTTLS" in offered,
        "SIZE" in offered,
        int(size) if size.isascii() and size.isdigit() and len(size) < 16 else 0,
        frozenset(offered.get("AUTH", ())),
    )


async def open_wire(server: Server) -> tuple[Wire, Features]:
    """Return a connection that has said EHLO, is as protected as `server` demands, and is logged in.

    Raises
    ServerOut: a 5xx, something that is not SMTP or not TLS, a certificate for another name, STARTTLS or AUTH missing.
    Lost: anything that may be better in a while: refused, reset, silent, 4xx.
    OperatorError: the server's `ca` cannot be read.
    """
    wire = Wire()
    try:
        await _connect(wire, server)
        await ask(wire, Step.GREETING, b"", 220, seconds=server.timeout)
        offered = await _hello(wire, server)
        if server.tls is Tls.STARTTLS:
            await starttls(wire, server, offered=offered.starttls)
            offered = await _hello(wire, server)  # RFC 3207 section 4.2: what was offered in plain text is forgotten
        if server.user:
            await log_in(wire, server, offered.auth)
    except BaseException:
        wire.abort("given up")
        raise
    return wire, offered


async def _connect(wire: Wire, server: Server) -> None:
    secure = trust(server.ca) if server.implicit_tls else None
    try:
        async with asyncio.timeout(server.timeout):
            await asyncio.get_running_loop().create_connection(
                lambda: wire,
                server.host,
                server.port,
                ssl=secure,
                server_hostname=server.host if secure else None,
            )  # one address after the other: asyncio's racing ones leave a socket open when they are called off
    except TimeoutError:
        raise Lost(f"{Step.CONNECT}: no connection within {server.timeout:g} s", silent=server.timeout) from None
    except OSError as error:
        raise fault(Step.CONNECT, error) from None


async def _hello(wire: Wire, server: Server) -> Features:
    # No HELO after a refused EHLO: every server since 1995 knows EHLO, and without it there is neither TLS nor AUTH.
    name = server.name or _literal(wire)
    return features(await ask(wire, Step.EHLO, f"EHLO {name}".encode("ascii"), 250, seconds=server.timeout))


def _literal(wire: Wire) -> str:
    """Return our address as RFC 5321 section 4.1.3 writes it; the machine's own name is nobody's business."""
    own = ip_address(str(wire.transport.get_extra_info("sockname")[0]).partition("%")[0])
    return f"[{own}]" if own.version == 4 else f"[IPv6:{own}]"
