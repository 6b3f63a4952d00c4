"""Who wrote, so that an answer can go there: the one address of From (RFC 5322 section 3.6.2).

Not Reply-To: whoever forged one would have our answers sent to somebody else.
"""

import re
from collections.abc import Sequence

from newsletter import messageids
from newsletter.addresses import Address, InvalidAddress, parse
from newsletter.inbound.messages.decoding import decode, decode_words

LONGEST = 2_000
"""Characters of a From line that are looked at; a display name in encoded words is long, but not so long."""

PIECE = re.compile(r'"(?:[^"\\]|\\.)*+"|\\.|[()]|[^"()\\]++', re.DOTALL)
MAILBOX = re.compile(r"\s*+(?:(?P<name>[^<>,:;]*+)<\s*+(?P<named>[^<>,:;\s]++)\s*+>|(?P<bare>[^<>,:;\s]++))\s*+")


class NoAsker(ValueError):  # not an error of anybody's: such a mail is left alone
    """Nobody, or more than one, that can be answered; the text says why, and never holds an address."""


def sole_writer(froms: Sequence[str]) -> Address:
    """Return whom a mail is from, of the values of its From lines.

    Encoded words (RFC 2047) are not decoded first: what stands in them is a name, whatever it looks like.

    Raises
    NoAsker: not one From line with one address in it that can be written to.
    """
    if len(froms) != 1:
        raise NoAsker("from nobody" if not froms else "more than one From line")
    bare = _bare(decode(froms[0].encode("utf-8", "surrogateescape"), "utf-8"))
    found = MAILBOX.fullmatch(bare) if bare is not None else None
    if found is None:
        raise NoAsker("From is not one address")
    spelled = found["named"] or found["bare"]
    if "@" in (found["name"] or "") and found["name"].strip().lower() != spelled.lower():
        raise NoAsker("From is not one address")  # programs differ in which of the two they take
    try:
        return parse(spelled)
    except InvalidAddress:
        raise NoAsker("From is not an address that can be written to") from None


def name_of_writer(froms: Sequence[str]) -> str:
    """Return how a writer may sign: the name in From, encoded words decoded (RFC 2047), and what is before `@`."""
    name, _, spelled = decode_words(froms[0][:LONGEST]).rpartition("<") if froms else ("", "", "")
    return f"{name} {re.sub('[._+-]', ' ', spelled.rpartition('@')[0])}"


def answerable_id(values: Sequence[str]) -> str:
    """Return a mail's own Message-ID, if there is one that can stand in a header of ours as it is; else nothing."""
    return messageids.quotable(values[0].strip()) if len(values) == 1 else ""


def _bare(value: str) -> str | None:
    """Return a From line without its comments and what is quoted in it; None where they do not end.

    A quotation leaves its marks, so that `"a"@example.org` is not read as another address.
    """
    if len(value) > LONGEST:
        return None
    bare: list[str] = []
    depth = end = 0
    for piece in PIECE.finditer(value):
        if piece.start() != end:
            return None
        end = piece.end()
        found = piece[0]
        if found == "(":
            depth += 1
        elif found == ")":
            depth -= 1
            if depth < 0:
                return None
        elif not depth:
            bare.append('""' if found.startswith('"') else found)
    return "".join(bare) if not depth and end == len(value) else None
