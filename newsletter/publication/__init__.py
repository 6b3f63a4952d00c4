"""The publication: who writes, in which languages, for which editions, when.  One file, `publication.toml`."""

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
    "Discreet",
    "Edition",
    "NoSuchEdition",
    "Publication",
    "Schedule",
    "Section",
    "Sender",
    "load_publication",
]
