"""Mail in: octets with an envelope become what is asked for, or the bad news they bring; who acts on it is upstairs."""

from newsletter.inbound.keeping import pack, unpack
from newsletter.inbound.mail import (
    Asker,
    Confirm,
    Help,
    Ignored,
    Join,
    Latest,
    Leave,
    Mail,
    Objection,
    Received,
    Source,
    Unclear,
    WayOut,
)
from newsletter.inbound.places import Place, place_of
from newsletter.inbound.read import read

__all__ = [
    "Asker",
    "Confirm",
    "Help",
    "Ignored",
    "Join",
    "Latest",
    "Leave",
    "Mail",
    "Objection",
    "Place",
    "Received",
    "Source",
    "Unclear",
    "WayOut",
    "pack",
    "place_of",
    "read",
    "unpack",
]
