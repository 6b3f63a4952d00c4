"""SMTP out: dialogue, connection pool, servers."""

from newsletter.transport.envelope import Envelope, Gate, Source
from newsletter.transport.pace import Pace, Ration
from newsletter.transport.pool import Transport
from newsletter.transport.report import Report
from newsletter.transport.server import Server, Tls, is_loopback, parse_server, parse_servers
from newsletter.transport.single import send_one

__all__ = [
    "Envelope",
    "Gate",
    "Pace",
    "Ration",
    "Report",
    "Server",
    "Source",
    "Tls",
    "Transport",
    "is_loopback",
    "parse_server",
    "parse_servers",
    "send_one",
]
