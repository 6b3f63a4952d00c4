"""Publishing: close a week, assemble, write, plan, hold, settle doubt, welcome; preview and test send."""

from newsletter.publishing.again import resend
from newsletter.publishing.approval import approve
from newsletter.publishing.assembly import AlreadyPlanned, Kind, NothingToSay, assemble, kinds_offered
from newsletter.publishing.checking import Account, check
from newsletter.publishing.doubts import doubtful, leave_doubtful, resend_doubtful
from newsletter.publishing.holding import Reach, cancel, pause, reach, resume
from newsletter.publishing.latest import newest_for
from newsletter.publishing.planning import Sending, send
from newsletter.publishing.published import published_weeks
from newsletter.publishing.status import Status, status
from newsletter.publishing.trial import Preview, digest_to_show, previews, test_send
from newsletter.publishing.weekly import close_week, due_weeks
from newsletter.publishing.welcome import owe_afresh, welcome

__all__ = [
    "Account",
    "AlreadyPlanned",
    "Kind",
    "NothingToSay",
    "Preview",
    "Reach",
    "Sending",
    "Status",
    "approve",
    "assemble",
    "cancel",
    "check",
    "close_week",
    "digest_to_show",
    "doubtful",
    "due_weeks",
    "kinds_offered",
    "leave_doubtful",
    "newest_for",
    "owe_afresh",
    "pause",
    "previews",
    "published_weeks",
    "reach",
    "resend",
    "resend_doubtful",
    "resume",
    "send",
    "status",
    "test_send",
    "welcome",
]
