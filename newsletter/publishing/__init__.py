"""Publishing: close a week, assemble, write, plan; preview and test send."""

from newsletter.publishing.approval import approve
from newsletter.publishing.assembly import AlreadyPlanned, Kind, NothingToSay, assemble, kinds_offered
from newsletter.publishing.planning import Sending, send
from newsletter.publishing.published import published_weeks
from newsletter.publishing.status import Status, status
from newsletter.publishing.trial import Preview, digest_to_show, previews, test_send
from newsletter.publishing.weekly import close_week, due_weeks

__all__ = [
    "AlreadyPlanned",
    "Kind",
    "NothingToSay",
    "Preview",
    "Sending",
    "Status",
    "approve",
    "assemble",
    "close_week",
    "digest_to_show",
    "due_weeks",
    "kinds_offered",
    "previews",
    "published_weeks",
    "send",
    "status",
    "test_send",
]
