"""SMTP out: dialogue, connection pool, servers."""

from newsletter.transport.envelope import Envelope, Gate, Source
from newsletter.transport.pool import Transport
from newsletter.transport.report import Report
from newsletter.transport.server import Server, Tls, is_loopback, parse_server
from newsletter.transport.single import send_one

__all__ = [
    "Envelope",
    "Gate",
    "Report",
    "Server",
    "Source",
    "Tls",
    "Transport",
    "is_loopback",
    "parse_server",
    "send_one",
]
