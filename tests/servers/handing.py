"""A mail server that hands mail to us by hand: it says each line as the test wants it, and tells what came back."""

import socket
from types import TracebackType
from typing import Self

SECONDS = 30.0


class Handing:
    """One connection, greeted; use it in a `with` block."""

    def __init__(self, at: int | str, hello: str = "LHLO mx.example.org") -> None:
        """`at`: a port of this machine, or a unix socket's path.  Without `hello` it waits for the greeting alone."""
        if isinstance(at, int):
            self.socket = socket.create_connection(("127.0.0.1", at), SECONDS)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(SECONDS)
            self.socket.connect(at)
        self._lines = self.socket.makefile("rb")
        self.greeting = self.answer()
        self.offers = self(hello).splitlines() if hello and self.greeting.startswith("220") else []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._lines.close()
        self.socket.close()

    def __call__(self, line: str) -> str:
        """Say a line; return the answer."""
        self.write(line.encode("utf-8", "surrogateescape") + b"\r\n")
        return self.answer()

    def write(self, octets: bytes) -> None:
        """Write octets as they are."""
        self.socket.sendall(octets)

    def answer(self) -> str:
        """Return the next answer, all its lines; empty if the connection is closed."""
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            try:
                line = self._lines.readline()
            except ConnectionResetError:
                return ""
            if not line:
                return ""
            lines.append(line.decode().rstrip("\r\n"))
        return "\n".join(lines)

    def begin(self, *recipients: str, sender: str = "anna@example.org") -> list[str]:
        """Say MAIL and each RCPT; return the answers to RCPT."""
        assert self(f"MAIL FROM:<{sender}>").startswith("250")
        return [self(f"RCPT TO:<{recipient}>") for recipient in recipients]

    def content(self, content: bytes, answers: int = 1) -> list[str]:
        """Say DATA and the content; return so many answers."""
        assert self("DATA").startswith("354")
        self.write(on_the_wire(content))
        return [self.answer() for _ in range(answers)]

    def hand(self, recipient: str, content: bytes, sender: str = "anna@example.org") -> str:
        """Hand over a mail to one recipient; return the last answer: to its content, or to whatever was refused."""
        (answer,) = self.begin(recipient, sender=sender)
        if answer.startswith("250"):
            (answer,) = self.content(content)
        else:
            self("RSET")
        return answer


def on_the_wire(content: bytes) -> bytes:
    """Return a content as it is written: its dots doubled, and ended."""
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b"\r\n.\r\n"
