"""Ringing from a command, after its commit."""

from typing import Literal

from newsletter.cli.terminal import say


def ring(for_: Literal["letters", "notes", "received"] = "letters") -> None:
    """Ring for letters and whatever else is due, or for notes, or for mail that came in.

    A broker that does not answer only delays it.
    """
    from workers import bells  # Celery is slow to import, and most commands ring nothing

    bells.open_up()
    bell = {
        "letters": bells.ring_for_letters,
        "notes": bells.ring_for_notes,
        "received": bells.ring_for_received,
    }[for_]
    if not bell():
        say("the broker does not answer; a worker that runs finds the work within a minute")
