"""The sample publication's commentaries, read once: that takes 30 ms of a processor, and most tests load them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from newsletter.digest import Commentary
from newsletter.editing import read_tree
from newsletter.publication import Publication
from newsletter.weeks import Week

SEEDS = Path(__file__).parents[2] / "seeds"
_read: dict[str, Mapping[Week, Sequence[Commentary]]] = {}


def sample_weeks(publication: Publication) -> Mapping[Week, Sequence[Commentary]]:
    """Return them as a publication reads them: its sections and languages matter."""
    whose = publication.model_dump_json()
    if whose not in _read:
        _read[whose] = read_tree(SEEDS, publication)
    return _read[whose]
