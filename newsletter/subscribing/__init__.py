"""Subscribing: ask, confirm, change, pause, leave, move, erase; one code path whichever door."""

from newsletter.subscribing.adding import add, count_left, refs_of
from newsletter.subscribing.answering import Reply, may_confirm, owe_answer, tell_confirmed
from newsletter.subscribing.asking import ASKING_DAYS, Limits, answer, ask
from newsletter.subscribing.changing import BadDate, Changed, Preferences, change, preferences
from newsletter.subscribing.complaining import complained_of
from newsletter.subscribing.confirming import AddressTaken, Confirmed, Pending, confirm, pending
from newsletter.subscribing.consent import CONSENT, consent_text
from newsletter.subscribing.inquiry import Known, known_of
from newsletter.subscribing.leaving import LeaveReason, leave
from newsletter.subscribing.moving import SameAddress, ask_move
from newsletter.subscribing.objecting import object_to
from newsletter.subscribing.owner import ACCESS_HOURS, Owner, ask_access, erase, my_data, owner
from newsletter.subscribing.reminding import Reminded, remind
from newsletter.subscribing.stopping import (
    erase_address,
    resume_address,
    silence_address,
    stop_address,
    subscriber_at,
)
from newsletter.subscribing.suppressing import Suppressed, readers_among, suppress_addresses
from newsletter.subscribing.wish import Wish

__all__ = [
    "ACCESS_HOURS",
    "ASKING_DAYS",
    "CONSENT",
    "AddressTaken",
    "BadDate",
    "Changed",
    "Confirmed",
    "Known",
    "LeaveReason",
    "Limits",
    "Owner",
    "Pending",
    "Preferences",
    "Reminded",
    "Reply",
    "SameAddress",
    "Suppressed",
    "Wish",
    "add",
    "answer",
    "ask",
    "ask_access",
    "ask_move",
    "change",
    "complained_of",
    "confirm",
    "consent_text",
    "count_left",
    "erase",
    "erase_address",
    "known_of",
    "leave",
    "may_confirm",
    "my_data",
    "object_to",
    "owe_answer",
    "owner",
    "pending",
    "preferences",
    "readers_among",
    "refs_of",
    "remind",
    "resume_address",
    "silence_address",
    "stop_address",
    "subscriber_at",
    "suppress_addresses",
    "tell_confirmed",
]
