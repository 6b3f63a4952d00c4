"""A server's words without whom they are about."""

import re

ADDRESS = re.compile(
    r"[^\s<>\"'(),:;=]+(?:@|=40|%40|\(at\))[^\s<>\"'(),:;]+|<[^<>\s]*@?[^<>\s]*>",
    re.IGNORECASE,
)


ADDRESS_SIGNS = ("@", "<", "=40", "%40")
"""One of them, or "(at)", stands in all that `ADDRESS` finds; most replies hold none."""


def scrub(text: str, limit: int = 300, *, recipient: str = "") -> str:
    """Return a server's words without addresses and control characters, cut to `limit` characters.

    Servers also name the two halves of an address by themselves; those of `recipient` go too.

    >>> scrub("550 5.1.1 <anna@example.org>: no such user anna@example.org")
    '550 5.1.1 <…>: no such user <…>'
    >>> scrub("anna... User unknown in example.org", recipient="anna@example.org")
    '<…>... User unknown in <…>'
    """
    if any(sign in text for sign in ADDRESS_SIGNS) or "(at)" in text.lower():
        text = ADDRESS.sub("<…>", text)
    low = text.lower()
    for half in recipient.lower().split("@"):
        if half and half in low:
            text = re.sub(rf"(?<!\w){re.escape(half)}(?!\w)", "<…>", text, flags=re.IGNORECASE)
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return text[:limit]
