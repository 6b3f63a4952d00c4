"""SMTP out: dialogue, connection pool, servers."""

from newsletter.transport.envelope import Envelope, Gate, Source

__all__ = ["Envelope", "Gate", "Source"]
