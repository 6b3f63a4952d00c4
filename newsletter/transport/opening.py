"""From nothing to a connection that takes transactions: greeting, EHLO, STARTTLS, AUTH (RFC 5321, 3207, 4954)."""

import asyncio
import os
import ssl
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from newsletter.errors import OperatorError
from newsletter.outcomes import Reply, ServerOut, Step, judge, scrub
from newsletter.transport.server import Server, Tls
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


@lru_cache(maxsize=8)
def _trust(ca: str | None) -> ssl.SSLContext:
    """Return a context that verifies chain and name.  Kept: reading the system's certificates takes 10–20 ms."""
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError:  # SSLError too: a file, but no certificate in it
        raise OperatorError("the SMTP URL: the certificates of ca= cannot be read") from None


async def open_wire(server: Server) -> tuple[Wire, Features]:
    """Return a connection that has said EHLO, is as protected as `server` demands, and is logged in.

    Raises
    ServerOut: a 5xx, something that is not SMTP or not TLS, a certificate for another name, STARTTLS or AUTH missing.
    Lost: anything that may be better in a while: refused, reset, silent, 4xx.
    """
    wire = Wire()
    try:
        await _connect(wire, server)
        greeting = await _answer(wire, server, Step.GREETING)
        _expect(Step.GREETING, greeting, 220)
        offered = await _hello(wire, server)
        if server.tls is Tls.STARTTLS:
            await _starttls(wire, server, offered)
            offered = await _hello(wire, server)  # RFC 3207 section 4.2: what was offered in plain text is forgotten
        if server.user:
            await _log_in(wire, server, offered)
    except BaseException:
        wire.abort("given up")
        raise
    return wire, offered


async def _connect(wire: Wire, server: Server) -> None:
    secure = _trust(server.ca) if server.implicit_tls else None
    try:
        async with asyncio.timeout(server.timeout):
            await asyncio.get_running_loop().create_connection(
                lambda: wire,
                server.host,
                server.port,
                ssl=secure,
                server_hostname=server.host if secure else None,
                happy_eyeballs_delay=0.25,  # RFC 8305 section 5: an IPv6 route to nowhere must not cost the deadline
            )
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise Lost("connection closed in the TLS handshake") from None
    except ssl.SSLError as error:
        raise ServerOut(Step.CONNECT, scrub(f"TLS: {_tls_fault(error)}")) from None
    except TimeoutError:
        raise Lost(f"no connection within {server.timeout:g} s") from None
    except OSError as error:
        raise Lost(_fault(error, "cannot connect")) from None


async def _answer(wire: Wire, server: Server, step: Step) -> Reply:
    try:
        return await wire.reply(server.timeout)
    except Lost as lost:
        if lost.text.startswith("unreadable"):  # another protocol's port: waiting will not make it SMTP
            raise ServerOut(step, lost.text) from None
        raise Lost(f"{step}: {lost.text}") from None


def _expect(step: Step, reply: Reply, *codes: int) -> None:
    if reply.code in codes:
        return
    judge(step, reply)  # raises ServerOut for all but 4xx
    raise Lost(f"{step}: {reply.code} {scrub(reply.text)}", reply)


async def _hello(wire: Wire, server: Server) -> Features:
    # No HELO after a refused EHLO: every server since 1995 knows EHLO, and without it there is neither TLS nor AUTH.
    wire.write(f"EHLO {server.name or _literal(wire)}\r\n".encode("ascii"))
    reply = await _answer(wire, server, Step.EHLO)
    _expect(Step.EHLO, reply, 250)
    return features(reply)


def _literal(wire: Wire) -> str:
    """Return our address as RFC 5321 section 4.1.3 writes it; the machine's own name is nobody's business."""
    own = ip_address(str(wire.transport.get_extra_info("sockname")[0]).partition("%")[0])
    return f"[{own}]" if own.version == 4 else f"[IPv6:{own}]"


async def _starttls(wire: Wire, server: Server, offered: Features) -> None:
    if not offered.starttls:
        raise ServerOut(Step.STARTTLS, "not offered, and plain text is not allowed (see `?tls=` in the SMTP URL)")
    wire.write(b"STARTTLS\r\n")
    _expect(Step.STARTTLS, await _answer(wire, server, Step.STARTTLS), 220)
    if not wire.in_step:  # words injected in plain text would count as said under TLS
        raise ServerOut(Step.STARTTLS, "the server spoke between its 220 and the handshake")
    try:
        secured = await asyncio.get_running_loop().start_tls(
            wire.transport, wire, _trust(server.ca), server_hostname=server.host, ssl_handshake_timeout=server.timeout
        )
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise Lost("starttls: connection closed in the handshake") from None
    except ssl.SSLError as error:
        raise ServerOut(Step.STARTTLS, scrub(f"TLS: {_tls_fault(error)}")) from None
    except OSError as error:
        raise Lost(f"starttls: {_fault(error, 'connection lost in the handshake')}") from None
    if secured is None:
        raise Lost("starttls: connection lost in the handshake")
    wire.secured(secured)


def _fault(error: OSError, otherwise: str) -> str:
    # asyncio puts the address it tried into strerror, getaddrinfo (a negative errno) what was wrong with the name.
    return (
        os.strerror(error.errno)
        if error.errno and error.errno > 0
        else scrub(error.strerror or str(error) or otherwise)
    )


def _tls_fault(error: ssl.SSLError) -> str:
    return str(getattr(error, "verify_message", "") or error.reason or "handshake failed")


async def _log_in(wire: Wire, server: Server, offered: Features) -> None:
    """RFC 4954 (AUTH), RFC 4616 (PLAIN); LOGIN has no RFC, and there are servers that know nothing else."""
    user, password = server.user.encode(), server.password.encode()
    if "PLAIN" in offered.auth:
        words = [b"AUTH PLAIN " + b64encode(b"\0" + user + b"\0" + password)]
    elif "LOGIN" in offered.auth:
        words = [b"AUTH LOGIN", b64encode(user), b64encode(password)]
    else:
        raise ServerOut(Step.AUTH, "the server offers neither PLAIN nor LOGIN")
    for place, word in enumerate(words, start=1):
        wire.write(word + b"\r\n")
        reply = await _answer(wire, server, Step.AUTH)
        if any(secret in reply.text for secret in (server.password, *_spelled(words))):
            reply = Reply(reply.code, "(the answer quotes the login)", reply.enhanced)
        _expect(Step.AUTH, reply, 235 if place == len(words) else 334)


def _spelled(words: list[bytes]) -> list[str]:
    return [secret for word in words if len(secret := word.rpartition(b" ")[2].decode()) > 5]
