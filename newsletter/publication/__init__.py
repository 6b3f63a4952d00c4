"""The publication: who writes, in which languages, for which editions, when.  One file, `publication.toml`."""

from newsletter.publication.commands import Command
from newsletter.publication.hosts import host_of, is_this_machine, moved, named_host
from newsletter.publication.load import load_publication
from newsletter.publication.model import (
    GENERAL,
    Discreet,
    Edition,
    NoSuchEdition,
    Publication,
    Section,
    Sender,
)
from newsletter.publication.schedule import Schedule

__all__ = [
    "GENERAL",
    "Command",
    "Discreet",
    "Edition",
    "NoSuchEdition",
    "Publication",
    "Schedule",
    "Section",
    "Sender",
    "host_of",
    "is_this_machine",
    "load_publication",
    "moved",
    "named_host",
]
