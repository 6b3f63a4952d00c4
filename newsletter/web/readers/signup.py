"""The sign-up form: what is in it when it is shown, and what is wrong with it when it comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from newsletter import addresses
from newsletter.addresses import Address, InvalidAddress
from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.publication import Publication
from newsletter.subscribing import Wish
from newsletter.web.guards.formtime import FIELD
from newsletter.web.readers.choices import Choice, choice_for, choice_of, suggested, variant_of

TRAP = "website"
"""A field that no person sees; who fills it in is a machine."""

LONGEST = 400
"""Characters of what was typed that are shown again."""


@dataclass(frozen=True, slots=True, repr=False)
class SignUp:
    """A form as it stands: what was typed and chosen.  `faults`: fields, by name, and what is wrong with them."""

    token: str
    choice: Choice | None
    variant: Variant = Variant.FULL
    typed: str = ""
    consents: bool = False
    goes_on: bool = False
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def wish(self) -> Wish | None:
        """What the form asks for; None while there is something to put right."""
        address = self.address
        if address is None or self.choice is None or not self.consents:
            return None
        return Wish(address, self.choice.edition, self.choice.order, self.variant)

    @property
    def address(self) -> Address | None:
        """The address that was typed; None if it is none."""
        try:
            return addresses.parse(self.typed)
        except InvalidAddress:
            return None

    def checked(self) -> "SignUp":
        """Return it with what is wrong: `email`, `choice` or `consent`, each by the word that says how."""
        wrong = {
            "email": "missing" if not self.typed.strip() else "" if self.address else "invalid",
            "choice": "" if self.choice else "missing",
            "consent": "" if self.consents else "missing",
        }
        return replace(self, faults={name: how for name, how in wrong.items() if how})


def empty(
    publication: Publication, language: Language, token: str, asked: Mapping[str, str], *, discreetly: bool
) -> SignUp:
    """Return a new form; `asked` is what a link to it fills in: `edition`, `languages`, `variant`; never an address.

    `discreetly`: on pages that do not name the publication, the letter that does not either is suggested.
    """
    order = tuple(asked.get("languages", "").replace(",", " ").split())
    choice = choice_for(publication, asked.get("edition", ""), order) or suggested(publication, language)
    return SignUp(token, choice, variant_of(asked) or (Variant.DISCREET if discreetly else Variant.FULL))


def returned(publication: Publication, form: Mapping[str, str]) -> SignUp:
    """Return a form as it came back."""
    return SignUp(
        token=form.get(FIELD, ""),
        choice=choice_of(publication, form.get("choice", "")),
        variant=variant_of(form) or Variant.FULL,
        typed=form.get("email", "")[:LONGEST],
        consents=form.get("consent") == "yes",
        goes_on=form.get("anyway") == "yes",
    )
