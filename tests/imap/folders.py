"""What lies on the server: folders of mails, with UIDs and flags."""

import re
from dataclasses import dataclass, field


@dataclass
class Message:
    """A mail; `size` is what the server says of it, if that is not true."""

    uid: int
    octets: bytes
    flags: set[str] = field(default_factory=set)
    size: int | None = None

    def answer(self, items: str) -> bytes:
        """Return what FETCH answers of it: its UID, its size, some headers, its first octets."""
        found = [b"UID %d" % self.uid]
        if "RFC822.SIZE" in items:
            found.append(b"RFC822.SIZE %d" % (len(self.octets) if self.size is None else self.size))
        if fields := re.search(r"BODY\.PEEK\[HEADER\.FIELDS \(([^)]*)\)\]", items):
            found.append(_literal(f"BODY[HEADER.FIELDS ({fields[1]})]", self._headers(fields[1].split())))
        if part := re.search(r"BODY\.PEEK\[\]<0\.(\d+)>", items):
            found.append(_literal("BODY[]<0>", self.octets[: int(part[1])]))
        return b"(" + b" ".join(found) + b")"

    def _headers(self, names: list[str]) -> bytes:
        head = self.octets.partition(b"\r\n\r\n")[0] + b"\r\n"
        wanted = {name.encode().lower() for name in names}
        lines = re.findall(rb"[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", head)
        return b"".join(line for line in lines if line.partition(b":")[0].lower() in wanted) + b"\r\n"


@dataclass
class Folder:
    """Mails in order."""

    epoch: int = 1
    messages: list[Message] = field(default_factory=list)
    next_uid: int = 1

    def add(self, octets: bytes, *, size: int | None = None) -> int:
        """Put a mail into it; return its UID."""
        self.messages.append(Message(self.next_uid, octets, size=size))
        self.next_uid += 1
        return self.next_uid - 1

    def begin_anew(self) -> None:
        """Give every mail another UID, as after a folder was restored: the lowest there are."""
        self.epoch += 1
        for uid, message in enumerate(self.messages, 1):
            message.uid = uid
        self.next_uid = len(self.messages) + 1

    @property
    def contents(self) -> list[bytes]:
        """The mails that lie there."""
        return [message.octets for message in self.messages]

    @property
    def uids(self) -> list[int]:
        """Their UIDs."""
        return [message.uid for message in self.messages]

    def named(self, uids: str) -> list[tuple[int, Message]]:
        """Return the mails of a set such as `1,3:5`, each with its place."""
        wanted: set[int] = set()
        last = max(self.uids, default=0)
        for part in uids.split(","):
            ends = [last if end == "*" else int(end) for end in part.split(":")]
            wanted.update(range(min(ends), max(ends) + 1))
        return [(place, message) for place, message in enumerate(self.messages, 1) if message.uid in wanted]


def _literal(name: str, octets: bytes) -> bytes:
    return name.encode() + b" {%d}\r\n" % len(octets) + octets
