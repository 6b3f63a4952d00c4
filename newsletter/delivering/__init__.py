"""Delivering: what is owed, over SMTP, nobody lost and nobody twice."""

from newsletter.delivering.finishing import finish_digests
from newsletter.delivering.notes import deliver_notes
from newsletter.delivering.slice import deliver_slice

__all__ = ["deliver_notes", "deliver_slice", "finish_digests"]
