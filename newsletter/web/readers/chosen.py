"""The form of preferences: as things stand, as it came back, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from newsletter.digest import Variant
from newsletter.publication import Publication
from newsletter.subscribing import BadDate, Preferences
from newsletter.web.readers import silence
from newsletter.web.readers.choices import Choice, choice_for, choice_of, variant_of
from newsletter.web.readers.silence import Silence


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is ticked and typed.  `stood` is the day until which there was silence; `faults` are `choice`, `silence`."""

    choice: Choice | None
    variant: Variant
    silence: Silence
    stood: date | None
    faults: frozenset[str] = frozenset()

    @property
    def until(self) -> date | None:
        """The day until which nothing is to come.

        Raises
        BadDate
        """
        return self.silence.until(self.stood)

    def checked(self) -> "Chosen":
        """Return it with what is wrong as far as that can be seen from here."""
        faults = set() if self.choice else {"choice"}
        try:
            _ = self.until
        except BadDate:
            faults.add("silence")
        return replace(self, faults=frozenset(faults))

    def with_fault(self, fault: str) -> "Chosen":
        """Return it with one fault more."""
        return replace(self, faults=self.faults | {fault})


def as_it_stands(publication: Publication, found: Preferences, today: date) -> Chosen:
    """Return the form filled in with what a reader gets now; an edition that is offered no more leaves it open."""
    until = found.paused_until if found.paused_until and found.paused_until > today else None
    choice = choice_for(publication, found.edition, found.languages)
    return Chosen(choice, found.variant, Silence(silence.value_of(until)), until)


def returned(publication: Publication, form: Mapping[str, str], stands: Chosen) -> Chosen:
    """Return the form as it came back; `stands` is how things are."""
    return Chosen(
        choice_of(publication, form.get("choice", "")),
        variant_of(form) or stands.variant,
        silence.returned(form, stands.stood),
        stands.stood,
    )
