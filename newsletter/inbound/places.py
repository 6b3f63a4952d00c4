"""The addresses at which mail is read: a word, perhaps a language or a token, and a domain of ours."""

from dataclasses import dataclass

from newsletter import tokens
from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.publication import Command, Publication
from newsletter.sealing import Keyring
from newsletter.tokens import ForeignToken, Purpose

OF_A_LANGUAGE = (Command.SUBSCRIBE, Command.LATEST)
"""With a language behind a dash, or without."""

WITH_TOKEN = {
    Command.CONFIRM: Purpose.CONFIRM,
    Command.LEAVE: Purpose.LEAVE,
    Command.BOUNCE: Purpose.BOUNCE,
}
"""With a token behind a plus, always."""

BAD_NEWS = (Command.BOUNCE, Command.COMPLAINTS)
"""Reports of machines: larger than what a person writes, and in no hurry."""

COMMAND_OCTETS = 256 * 1024
REPORT_OCTETS = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """An address of ours, read.  `ref` is what its token names; `tongue` the language it asks for."""

    command: Command
    variant: Variant
    tongue: Language | None = None
    token: str = ""
    ref: bytes | None = None

    @property
    def most_octets(self) -> int:
        """The largest mail that is taken there."""
        return REPORT_OCTETS if self.command in BAD_NEWS else COMMAND_OCTETS


def place_of(recipient: str, publication: Publication, keyring: Keyring) -> Place | None:
    """Return what an address asks for; None if it is none of ours, or its token is forged, cut or for something else.

    At the neutral domain everything is discreet.
    """
    local, _, domain = recipient.strip(" \t<>").lower().rpartition("@")
    variant = variant_at(domain, publication)
    if variant is None:
        return None
    word, plus, token = local.partition("+")
    word, dash, code = word.partition("-")
    if word not in list(Command):
        return None
    command = Command(word)
    if command in WITH_TOKEN:
        ref = _named(keyring, WITH_TOKEN[command], token)
        return Place(command, variant, token=token, ref=ref) if plus and not dash and ref else None
    if plus or (dash and command not in OF_A_LANGUAGE):
        return None
    tongue = next((language for language in publication.languages if language.code == code), None)
    return None if dash and tongue is None else Place(command, variant, tongue=tongue)


def variant_at(domain: str, publication: Publication) -> Variant | None:
    """Return how what is sent to a domain (lower case) is answered; None if the domain is not ours.

    One that is the publication's and the neutral one at once hides nothing: it is answered in full.
    """
    return domains_of(publication).get(_in_ascii(domain.removesuffix(".")))


def domains_of(publication: Publication) -> dict[str, Variant]:
    """Return the domains that we write from, in ASCII, and how what is sent there is answered."""
    neutral = publication.discreet.address
    return ({_domain(neutral): Variant.DISCREET} if neutral else {}) | {
        _domain(sender.address): Variant.FULL for sender in publication.senders
    }


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _in_ascii(domain: str) -> str:
    try:
        return domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return ""


def _named(keyring: Keyring, purpose: Purpose, token: str) -> bytes | None:
    try:
        return tokens.read(keyring, purpose, token)
    except ForeignToken:
        return None
