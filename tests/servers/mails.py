"""A mail as its reader's program shows it: both parts, and the links in them."""

import email
import re
from email.message import EmailMessage
from email.policy import default

from lxml import html

LINK = re.compile(r"https?://[^\s<>\"]+")


class Received:
    """One mail."""

    def __init__(self, source: bytes) -> None:
        message = email.message_from_bytes(source, policy=default)
        assert isinstance(message, EmailMessage)
        self.message = message
        self.text = self._part("text/plain") or ""
        self.html = self._part("text/html")

    def _part(self, kind: str) -> str | None:
        for part in self.message.walk():
            if part.get_content_type() == kind:
                return str(part.get_content())
        return None

    @property
    def subject(self) -> str:
        """The subject."""
        return str(self.message["Subject"])

    @property
    def sender(self) -> str:
        """The name that it says it is from."""
        return str(self.message["From"].addresses[0].display_name)

    @property
    def one_click(self) -> str:
        """Where a mail program's own button leads (RFC 8058)."""
        assert self.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        return next(url for url in self._unsubscribe if url.startswith("http"))

    @property
    def _unsubscribe(self) -> list[str]:
        return re.findall(r"<([^>]+)>", str(self.message["List-Unsubscribe"] or ""))

    @property
    def links(self) -> list[str]:
        """Every link to a page, of both parts and of the head; each once."""
        found = LINK.findall(self.text) + [url for url in self._unsubscribe if url.startswith("http")]
        if self.html:
            found += [str(link) for link in html.document_fromstring(self.html).xpath("//a/@href")]
        return list(dict.fromkeys(url for url in found if url.startswith("http")))

    def link(self, page: str) -> str:
        """Return the link to that kind of page (`confirm`, `preferences`); every part has it, and it is the same."""
        parts = [set(LINK.findall(self.text))]
        if self.html:
            parts.append({str(link) for link in html.document_fromstring(self.html).xpath("//a/@href")})
        found = [{url for url in part if f"/{page}/" in url} for part in parts]
        assert [len(urls) for urls in found] == [1] * len(parts), found
        assert len(set.union(*found)) == 1, found
        return found[0].pop()
