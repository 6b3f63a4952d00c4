"""Mailbox providers that can be made to hand over what they hold, as the publication's file lists them."""

import re
from typing import Annotated

from pydantic import AfterValidator

PATTERN = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*(\.\*)?")


def _pattern(value: str) -> str:
    if not PATTERN.fullmatch(value):
        raise ValueError("wants a domain (mail.ru), a top-level domain (.by), or a name in any of them (yandex.*)")
    return value


Provider = Annotated[str, AfterValidator(_pattern)]
"""A domain with all below it, `.by` for a whole top-level domain, `yandex.*` for a name under any."""


def is_of(domain: str, provider: str) -> bool:
    """Say whether a mailbox's domain (lower case, ASCII) is one that a pattern names.

    >>> is_of("mail.ru", "mail.ru"), is_of("mx.mail.ru", "mail.ru"), is_of("hotmail.ru", "mail.ru")
    (True, True, False)
    >>> is_of("tut.by", ".by"), is_of("by.example", ".by")
    (True, False)
    >>> is_of("yandex.com.tr", "yandex.*"), is_of("mail.yandex.ru", "yandex.*"), is_of("notyandex.ru", "yandex.*")
    (True, True, False)
    """
    if provider.endswith(".*"):
        return re.search(rf"(^|\.){re.escape(provider[:-2])}(\.[a-z0-9-]+){{1,2}}$", domain) is not None
    return f".{domain}".endswith("." + provider.removeprefix("."))
