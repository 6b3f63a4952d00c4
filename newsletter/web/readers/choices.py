"""What a form offers and what came back: edition and order as one choice, full or discreet."""

from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.publication import Edition, Publication


@dataclass(frozen=True, slots=True)
class Choice:
    """An edition in one order of its languages; `value` is how a form names it: `be-ru:ru-be`."""

    edition: Edition
    order: tuple[Language, ...]

    @property
    def value(self) -> str:
        """How a form names it."""
        return f"{self.edition.code}:{'-'.join(item.code for item in self.order)}"


def choices_of(publication: Publication) -> list[Choice]:
    """Return everything a reader may choose, in the publication's order."""
    return [Choice(edition, order) for edition in publication.editions for order in edition.orders]


def choice_of(publication: Publication, value: str) -> Choice | None:
    """Return the choice that a form named; None if there is no such one (any more)."""
    return next((choice for choice in choices_of(publication) if choice.value == value), None)


def choice_for(publication: Publication, edition: str, languages: tuple[str, ...]) -> Choice | None:
    """Return the choice of an edition's code and an order, its own if that is not offered; None: no such edition."""
    of_edition = [choice for choice in choices_of(publication) if choice.edition.code == edition]
    exact = (choice for choice in of_edition if tuple(item.code for item in choice.order) == languages)
    return next(exact, of_edition[0] if of_edition else None)


def suggested(publication: Publication, language: Language) -> Choice:
    """Return the choice that begins with the language of the page, else the first."""
    return Choice(*publication.suggested(language))


def variant_of(form: Mapping[str, str]) -> Variant | None:
    """Return the variant that a form names; None if it names none of ours."""
    try:
        return Variant(form.get("variant", ""))
    except ValueError:
        return None
