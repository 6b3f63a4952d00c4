"""Delivering: what is owed, over SMTP, nobody lost and nobody twice."""

from newsletter.delivering.finishing import finish_digests
from newsletter.delivering.notices import mail_notices
from newsletter.delivering.slice import deliver_slice

__all__ = ["deliver_slice", "finish_digests", "mail_notices"]
