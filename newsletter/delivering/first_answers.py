"""Whether the server takes this digest at all: until it has taken one, nobody is charged for refusing its content."""

from newsletter.outcomes import Outcome, Reason, State, Step

FIRST = 20
"""So many refused at DATA or the dot, and none accepted: it is the letter, not the readers."""

READERS_OWN = (Reason.BAD_ADDRESS, Reason.MAILBOX_FULL)


class FirstAnswers:
    """The first answers one slice gets.  `taken` says that somebody has this digest already."""

    def __init__(self, *, taken: bool) -> None:
        self._taken = taken
        self._held = 0
        self.words = ""

    def hold_back(self, outcome: Outcome) -> bool:
        """Take note of an outcome; return whether it is to be held back: owed as before, and asked again later."""
        if outcome.state is State.SENT:
            self._taken = True
        about_content = outcome.state is State.REFUSED and outcome.step in (Step.DATA, Step.DOT)
        if self._taken or not about_content or outcome.reason in READERS_OWN:
            return False
        self._held += 1
        self.words = f"{outcome.code} {outcome.enhanced} {outcome.text}"
        return True

    @property
    def all_refused(self) -> bool:
        """Whether there is no use in asking on."""
        return not self._taken and self._held >= FIRST

    @property
    def none_taken(self) -> bool:
        """Whether, now that the slice is over, everything it sent was refused for its content."""
        return not self._taken and self._held > 0
