"""How fast a server may be fed: asked for a ration, and told how long to wait for the next."""

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias


class Ration(NamedTuple):
    """So many more envelopes, and seconds until it is worth asking again."""

    envelopes: float
    wait: float = 0.0


Pace: TypeAlias = Callable[[str, int], Ration]
"""Gives a ration to the server of that label, which wants so many.  May block: it is called in a thread."""


def unpaced(_label: str, _want: int) -> Ration:
    """Give all at once and for ever."""
    return Ration(math.inf)
