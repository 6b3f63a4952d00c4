"""The servers that take our mail, each as one URL says it."""

import math
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from newsletter.errors import OperatorError

PARAMETERS = {"ca", "connections", "name", "per_minute", "timeout", "tls", "weight"}
LONGEST_STEP = 660.0
"""Seconds: 11 minutes, a little over the 10 that RFC 5321 section 4.5.3.2.6 asks for the final dot."""


class Tls(StrEnum):
    """How the connection is protected; a certificate that does not name the host ends it."""

    IMPLICIT = "implicit"  # from the first octet (RFC 8314 section 3): `smtps://`
    STARTTLS = "starttls"  # demanded, never merely hoped for (RFC 3207)
    NONE = "none"  # plain text: loopback, or said in so many words


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect and how.

    `timeout` is seconds a step; `ca` a file of trusted certificates; `name` our EHLO; `weight` its part of the mail
    among several servers; `per_minute` the most it is given.
    """

    host: str
    port: int
    tls: Tls
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    connections: int = 16
    timeout: float = 300.0
    ca: str | None = None
    name: str | None = None
    weight: float | None = None
    per_minute: int | None = None

    @property
    def label(self) -> str:
        """How outcomes and reports call this server."""
        return f"{self.host}:{self.port}"

    @property
    def implicit_tls(self) -> bool:
        """Whether TLS begins with the connection."""
        return self.tls is Tls.IMPLICIT


def is_loopback(host: str) -> bool:
    """Return whether `host` cannot leave this machine.  A name other than `localhost` could, so it does not count.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("mail.example.org")
    (True, True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse_servers(urls: str, *, connections: int = 16, timeout: float = 300.0) -> tuple[Server, ...]:
    """Return the servers of a list, blanks or commas between its URLs; see `parse_server`.

    If one has a weight, those without have 1.

    >>> [server.weight for server in parse_servers("smtp://127.0.0.1:25?weight=3 smtp://127.0.0.1:26")]
    [3.0, 1.0]

    Raises
    OperatorError: a URL that is wrong, or that stands twice.
    """
    servers = [parse_server(url, connections=connections, timeout=timeout) for url in re.split(r"[\s,]+", urls) if url]
    if not servers:
        raise OperatorError("the SMTP URL is empty: it wants smtp://user:password@host:port")
    if len({server.label for server in servers}) < len(servers):
        raise OperatorError("the SMTP URLs name the same host and port twice")
    if any(server.weight is not None for server in servers):
        servers = [replace(server, weight=server.weight or 1.0) for server in servers]
    return tuple(servers)


def parse_server(url: str, *, connections: int = 16, timeout: float = 300.0) -> Server:
    """Return the server that `url` describes; `connections` and `timeout` (seconds a step) hold unless it says others.

    `smtp://[user:password@]host[:port]` demands STARTTLS unless the host is loopback, `smtps://` is TLS from the first
    octet.  Parameters: `tls=none|starttls`, `connections=`, `timeout=`, `ca=FILE`, `name=` (what EHLO says),
    `per_minute=`, and for one of several servers `weight=`.

    >>> parse_server("smtps://anna:s%40cret@mail.example.org?connections=4")
    Server(host='mail.example.org', port=465, tls=<Tls.IMPLICIT: 'implicit'>, connections=4, timeout=300.0, ca=None, \
name=None, weight=None, per_minute=None)
    >>> parse_server("smtp://127.0.0.1:8026").tls.value, parse_server("smtp://mail.example.org").tls.value
    ('none', 'starttls')

    Raises
    OperatorError: a URL that is wrong; what it holds is not quoted, for there may be a password in it.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
        given = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise OperatorError("the SMTP URL cannot be read: it wants smtp://user:password@host:port") from None
    if parts.scheme not in ("smtp", "smtps"):
        raise OperatorError("the SMTP URL must begin with smtp:// or smtps://")
    if not host or port == 0 or parts.path not in ("", "/") or parts.fragment:
        raise OperatorError("the SMTP URL wants a host and a port, and no path: smtp://host:port")
    parameters = dict(given)
    if len(parameters) < len(given) or not parameters.keys() <= PARAMETERS:
        raise OperatorError(f"the SMTP URL takes {'=, '.join(sorted(PARAMETERS))}=, each once")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise OperatorError("the SMTP URL wants both a user and a password, or neither")
    name = parameters.get("name")
    if name is not None and not (name.isascii() and name.isprintable() and name and " " not in name):
        raise OperatorError("the SMTP URL: name= must be a host name")
    return Server(
        host=host,
        port=port or (465 if parts.scheme == "smtps" else 25),
        tls=_tls(parts.scheme, host, parameters.get("tls")),
        user=user,
        password=password,
        connections=int(_number(parameters, "connections", connections, 1, 1000)),
        weight=_number(parameters, "weight", 1, 0.001, 1000) if "weight" in parameters else None,
        per_minute=int(_number(parameters, "per_minute", 1, 1, 10_000_000)) if "per_minute" in parameters else None,
        timeout=_number(parameters, "timeout", timeout, 0.01, LONGEST_STEP),
        ca=parameters.get("ca"),
        name=name,
    )


def _tls(scheme: str, host: str, asked: str | None) -> Tls:
    if scheme == "smtps":
        if asked is not None:
            raise OperatorError("the SMTP URL: smtps:// is TLS already and takes no tls=")
        return Tls.IMPLICIT
    if asked is None:
        # A relay on this machine seldom has a certificate for `localhost`, and nobody can listen in between.
        return Tls.NONE if is_loopback(host) else Tls.STARTTLS
    if asked not in (Tls.NONE, Tls.STARTTLS):
        raise OperatorError("the SMTP URL: tls= is none or starttls")
    return Tls(asked)


def _number(parameters: dict[str, str], name: str, default: float, least: float, most: float) -> float:
    try:
        number = float(parameters.get(name, default))
    except ValueError:
        number = math.nan
    if not least <= number <= most or (name in ("connections", "per_minute") and number % 1):
        raise OperatorError(f"the SMTP URL: {name}= must be a number from {least:g} to {most:g}")
    return number
