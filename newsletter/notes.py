"""Notes to readers: which kinds there are, and what each is made of."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class NoteKind(StrEnum):
    """A kind of note that a reader gets, and the facts of each: all text, and never an address.

    | kind     | facts |
    |----------|-------|
    | confirm  | `asking`, `edition`, `languages`, `variant`; where they apply `wanted`, and `known` = `yes` |
    | standing | `subscriber`, `edition`, `languages`, `variant`: what is read now |
    | access   | `asking`, `variant`; `edition` if known |
    | move     | `asking`, `variant`; `edition` if known |
    | moved    | `variant`; `edition` if known |

    `asking` and `subscriber` are a row's `ref` in hexadecimal; `languages` the order asked for, as `be ru`; `known`
    says that the address is subscribed already and asked for something else.  `edition` also decides whom it is from.

    `variant` is how *the note* shows itself.  To somebody who reads the discreet variant every note is discreet,
    whatever is asked for, and by whomever: else anybody could unmask a reader by filling in the form.  Where another
    variant is asked for than the note shows, `wanted` names it.
    """

    CONFIRM = "confirm"  # please confirm that you want this
    STANDING = "standing"  # you are subscribed already, to just this: nothing to do
    ACCESS = "access"  # the link you asked for: your data, change of address, erase
    MOVE = "move"  # to a new address: confirm that your letters are to come here
    MOVED = "moved"  # to the old address: your letters go elsewhere now


LIFE: Mapping[NoteKind, timedelta] = {
    NoteKind.CONFIRM: timedelta(days=7),
    NoteKind.ACCESS: timedelta(days=1),
    NoteKind.MOVE: timedelta(days=7),
}
"""How long the link in a note works, in whole days: the note says so, and the asking it names lives as long."""
