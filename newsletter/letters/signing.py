"""Who signs a letter: the setting that names keys by domain, and the choice by the letter's sender."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from newsletter import addresses
from newsletter.addresses import InvalidAddress
from newsletter.errors import Faults, OperatorError
from newsletter.letters.compile import compile_letter
from newsletter.letters.dkim import SignedLetter, Signer
from newsletter.letters.dkimkeys import dns_name, read_signing_key
from newsletter.letters.letter import Addressee, Letter

_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
LONGEST_NAME = 253
"""Octets of a name in the DNS, as it is written (RFC 1035 section 2.3.4)."""


class UnfitName(OperatorError):
    """The domain or the selector is none."""


class Addressable(Protocol):
    """A letter that only waits for a reader: compiled, and perhaps signed."""

    def address(self, addressee: Addressee) -> tuple[bytes, ...]:
        """Return the whole message for one reader, as `Envelope.segments` wants it."""
        ...


@dataclass(frozen=True, slots=True)
class Signers:
    """The signers of an installation by their domain; none: nothing is signed."""

    by_domain: Mapping[str, Signer] = field(default_factory=dict)

    def of(self, sender: str) -> Signer | None:
        """Return who signs for that address: its domain's signer, else that of the nearest parent that has one."""
        domain = sender.rpartition("@")[2].lower()
        while domain and domain not in self.by_domain:
            domain = domain.partition(".")[2]
        return self.by_domain.get(domain)

    def compile(self, letter: Letter) -> Addressable:
        """Return the letter compiled, and signed if somebody signs for its sender.

        Raises
        UnfitLetter: as `compile_letter` does.
        """
        compiled, signer = compile_letter(letter), self.of(letter.sender)
        return compiled if signer is None else SignedLetter(compiled, signer)


def open_signers(setting: str) -> Signers:
    """Read the keys that the setting names: `DOMAIN:SELECTOR:FILE`, a blank between two.

    Raises
    Faults: every entry that is wrong, by its number.
    """
    found: dict[str, Signer] = {}
    faults = []
    for number, entry in enumerate(setting.split(), 1):
        try:
            signer = _signer(entry)
            if signer.domain in found:
                raise UnfitName("a second key for its domain")
            found[signer.domain] = signer
        except OperatorError as error:
            faults.append(f"NEWSLETTER_DKIM: entry {number}: {error}")
    if faults:
        raise Faults(faults)
    return Signers(found)


def _signer(entry: str) -> Signer:
    domain, selector, path = (*entry.split(":", 2), "", "")[:3]
    if not path:
        raise UnfitName("wants DOMAIN:SELECTOR:FILE")
    domain, selector = checked_names(domain, selector)
    return Signer(domain, selector, read_signing_key(Path(path)))


def checked_names(domain: str, selector: str) -> tuple[str, str]:
    """Return domain and selector as the DNS has them: ASCII, lower case.

    Raises
    UnfitName: one of them cannot stand there.
    """
    try:
        domain = addresses.parse(f"postmaster@{domain}").domain
    except InvalidAddress:
        raise UnfitName("not a domain that can send mail") from None
    selector = selector.lower()
    if not _SELECTOR.fullmatch(selector) or len(dns_name(domain, selector)) > LONGEST_NAME:
        raise UnfitName("a selector is letters, digits and hyphens, as in a host's name")
    return domain, selector
