"""A wish: what somebody wants to read, and where; and how it is sealed."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.addresses import Address
from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.publication import Edition
from newsletter.sealing import Keyring
from newsletter.store.askings import AskingKind, AskingRow, AskingState
from newsletter.store.subscribers import NewSubscriber, new_ref
from newsletter.subscribing.consent import CONSENT


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to read, and where."""

    address: Address
    edition: Edition
    order: tuple[Language, ...]
    variant: Variant = Variant.FULL

    @property
    def languages(self) -> str:
        """The order as the store keeps it: codes, a space between."""
        return " ".join(language.code for language in self.order)


def sealed(
    keyring: Keyring,
    address: Address,
    *,
    edition: str,
    languages: str,
    variant: Variant,
    tongue: str,
    ref: bytes | None = None,
) -> NewSubscriber:
    """Return a subscriber as the store takes one: sealed for `ref`, a new one unless it is given."""
    ref = ref or new_ref()
    domain_lookup = keyring.lookup(address.domain)
    return NewSubscriber(
        ref=ref,
        lookup=keyring.lookup(address.canonical),
        lookups=keyring.lookups(address.canonical),
        sealed=keyring.seal(str(address), bound_to=ref),
        domain_lookup=domain_lookup,
        domain_sealed=keyring.seal(address.domain, bound_to=domain_lookup),
        edition=edition,
        languages=languages,
        variant=variant,
        tongue=tongue,
    )


def sealed_asking(
    keyring: Keyring,
    address: Address,
    *,
    kind: AskingKind,
    edition: str,
    languages: str,
    variant: Variant,
    tongue: str,
    door: str,
    expires_at: datetime,
) -> AskingRow:
    """Return an asking that nobody has answered yet, for letters at an address; sealed for a `ref` of its own."""
    ref = new_ref()
    return AskingRow(
        ref=ref,
        kind=kind,
        state=AskingState.ASKED,
        lookup=keyring.lookup(address.canonical),
        sealed=keyring.seal(str(address), bound_to=ref),
        edition=edition,
        languages=languages,
        variant=variant,
        tongue=tongue,
        door=door,
        text_version=CONSENT,
        expires_at=expires_at,
    )
