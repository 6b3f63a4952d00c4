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
    | welcome  | `subscriber`, `edition`, `languages`, `variant`: what is read from now on; where it applies `coming` |
    | way-out  | `subscriber`, `edition`, `variant` where the address is subscribed; else `variant` alone |
    | latest   | `digest`, `edition`, `languages`, `variant` |
    | help     | `variant` |

    `coming` = `yes` says that the newest digest was owed with the subscription.  `digest` is a digest's id: it is sent
    as it is frozen, and not if it has been cancelled meanwhile.  `answers` = `yes`, in any of them, says that somebody
    wrote to us and this is the answer: `owe_note` puts it there.

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
    WELCOME = "welcome"  # to whoever confirmed by mail, and so saw no page that says it: you are subscribed
    WAY_OUT = "way-out"  # answers `unsubscribe@`: the link to leave, or that nothing is sent to this address
    LATEST = "latest"  # answers `latest@`: the newest digest, once
    HELP = "help"  # answers `help@`: what can be done, in every language of the publication


LIFE: Mapping[NoteKind, timedelta] = {
    NoteKind.CONFIRM: timedelta(days=7),
    NoteKind.ACCESS: timedelta(days=1),
    NoteKind.MOVE: timedelta(days=7),
}
"""How long the link in a note works, in whole days: the note says so, and the asking it names lives as long."""
