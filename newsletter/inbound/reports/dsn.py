"""Delivery status notifications, RFC 3464 (and RFC 6533, the same in UTF-8): what they say of each recipient."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.inbound.messages.decoding import decode_words
from newsletter.inbound.messages.message import Message

KINDS = ("message/delivery-status", "message/global-delivery-status")

NO_FAILURE = ("delivered", "relayed", "expanded")
"""Actions by which the mail went on."""

GIVEN_UP = ("fail", "error", "undeliver", "reject", "bounce")
"""How an action begins that means `failed`; not all keep to the words of RFC 3464."""

_FIELD = re.compile(r"^([A-Za-z-]{4,40})[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_UNITEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """The fields of one recipient.  `action` and `status` are empty where they were left out."""

    action: str
    status: str
    diagnostic: str
    recipients: tuple[str, ...]  # the original one first

    @property
    def is_failed(self) -> bool:
        """Whether delivery was given up: by its action, or where it has none by the class of its status."""
        return self.action == "failed" or (not self.action and self.status.startswith("5"))

    @property
    def is_delayed(self) -> bool:
        """Whether it is still being tried."""
        return self.action == "delayed" or (not self.action and self.status.startswith("4"))


def groups_of(message: Message) -> list[Group]:
    """Return what a report says of each recipient; empty if the message is no such report.

    Only the message's own parts count: a report that is quoted in another speaks of another mail.
    """
    for part in message.walk():
        if part.kind in KINDS:
            return [group for fields in _blocks(part) if (group := _group(fields))]
    return []


def passed_on(message: Message) -> tuple[list[Group], Message] | None:
    """Return what a report says that a message, itself none, encloses; and the report.  Some gateways do that."""
    for part in message.walk():
        if part.kind == "message/rfc822" and part.parts and (groups := groups_of(part.parts[0])):
            return groups, part.parts[0]
    return None


def _blocks(part: Message) -> Iterator[dict[str, str]]:
    for block in part.parts or (part,):
        fields = {name: decode_words(values[0]) for name, values in block.headers.items()} if part.parts else {}
        for text in re.split(r"\n[ \t]*\n", block.text.replace("\r\n", "\n")) if block.text else ():
            # What follows a line that is no field, as where a server folds a reply without a blank; or is in UTF-8.
            more = {name.lower(): value for name, value in _FIELD.findall(text)}
            if "action" in more and "action" in fields:
                yield fields
                fields = {}
            fields = {**more, **fields}
        yield fields


def _group(fields: dict[str, str]) -> Group | None:
    action = _words(fields.get("action", "")).partition(" ")[0].lower().rstrip(";")
    status = re.search(r"[245]\.\d{1,3}\.\d{1,3}", fields.get("status", ""))
    if not action and not fields.get("status"):
        return None
    recipients = (_recipient(fields.get(name, "")) for name in ("original-recipient", "final-recipient"))
    return Group(
        action="failed" if action.startswith(GIVEN_UP) else action,
        status=status.group() if status else "",
        diagnostic=_diagnostic(fields.get("diagnostic-code", ""))
        or ("" if status else _words(fields.get("status", ""))),
        recipients=tuple(one for one in recipients if one),
    )


def _diagnostic(value: str) -> str:
    kind, semicolon, text = value.partition(";")  # RFC 3464 section 2.3.6
    return _words(text if semicolon and len(kind.strip()) < 20 and " " not in kind.strip() else value)


def _recipient(value: str) -> str:
    kind, semicolon, text = value.partition(";")  # RFC 3464 section 2.3.2
    text = (text if semicolon else kind).strip().strip("<>")
    if kind.strip().lower() == "rfc822" and "+" in text:  # xtext, RFC 3461 section 4; a plain plus is more usual
        decoded = _XTEXT.sub(lambda found: chr(int(found.group(1), 16)), text)
        text = decoded if decoded.isascii() and decoded.isprintable() else text
    return _UNITEXT.sub(lambda found: chr(min(int(found.group(1), 16), 0x10FFFF)), text)  # RFC 6533 section 3


def _words(value: str) -> str:
    return " ".join(value.split())
