"""Receiving: what came in by mail is read, and the right verb called; each once, in the transaction that says so."""

from newsletter.receiving.attacks import watch_askings
from newsletter.receiving.joining import confirm_and_welcome
from newsletter.receiving.working import Worked, work_off

__all__ = ["Worked", "confirm_and_welcome", "watch_askings", "work_off"]
