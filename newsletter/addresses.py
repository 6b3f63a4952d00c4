"""E-mail addresses: what a reader types becomes a value that can be written to, or an error that quotes nothing."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from newsletter.errors import ReaderError

LONGEST = 254
"""Octets of a whole address, RFC 5321 section 4.5.3.1.3 less the angle brackets."""

LONGEST_LOCAL = 64
"""Octets before the `@`, RFC 5321 section 4.5.3.1.1."""

LONGEST_TEXT = 1000
"""Characters that are looked at: an address has fewer, whatever blanks are around it."""


class InvalidAddress(ReaderError):
    """The reader can put it right: the text given is not a deliverable address.  Never holds the text."""

    def __init__(self) -> None:
        super().__init__("not a valid e-mail address")


@dataclass(frozen=True, slots=True)
class Address:
    """An address in the form that goes on the wire: ASCII, an international domain as `xn--`."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    def __repr__(self) -> str:
        return "Address(•••)"  # tracebacks and logs print reprs

    @property
    def canonical(self) -> str:
        """The form two spellings of one mailbox share; the key of every look-up.

        >>> parse("Anna@Example.org").canonical
        'anna@example.org'
        """
        return str(self).lower()


def parse(text: str) -> Address:
    """Return the address that `text` spells.

    >>> str(parse(" anna@пошта.example "))
    'anna@xn--80a1acn3a.example'

    Raises
    InvalidAddress: not an address, longer than 254 octets, or with a local part outside ASCII
        (SMTPUTF8, RFC 6531, is not offered by enough servers to promise delivery).
    """
    if len(text) > LONGEST_TEXT:
        raise InvalidAddress
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        raise InvalidAddress from None
    address = Address(found.local_part, found.ascii_domain.lower())
    if len(str(address)) > LONGEST or len(address.local) > LONGEST_LOCAL:
        raise InvalidAddress
    return address
