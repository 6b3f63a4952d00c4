"""The headers that all readers of a letter share."""

from collections.abc import Sequence

from newsletter.letters.headers import language_header, mailbox_header, ready_header, text_header
from newsletter.letters.links import Links
from newsletter.letters.sender import Appearance


def _common(seen: Appearance, subject: str, languages: Sequence[str], submitted: str) -> list[str]:
    return [
        mailbox_header("From", seen.name, seen.address),
        *([ready_header("Reply-To", seen.reply_to)] if seen.reply_to else []),
        text_header("Subject", subject),
        ready_header("MIME-Version", "1.0"),
        language_header(languages),
        ready_header("Auto-Submitted", submitted),  # RFC 3834: no vacation note answers it
        ready_header("X-Auto-Response-Suppress", "All"),
    ]


def list_headers(seen: Appearance, links: Links, subject: str, languages: Sequence[str]) -> str:
    """Return the header block of a letter to the list's readers (RFC 2369, RFC 2919), the same for each of them.

    Feedback-ID has four fields, the last one the sender's; none of them is ever a reader's.
    """
    domain = seen.address.rpartition("@")[2]
    return "".join(
        [
            *_common(seen, subject, languages, "auto-generated"),
            ready_header("Precedence", "list"),
            ready_header("List-Id", f"<{seen.list_id}>"),
            ready_header("List-Help", f"<{links.home}>"),
            ready_header("List-Archive", f"<{links.archive}>"),
            ready_header("List-Post", "NO"),
            ready_header("Feedback-ID", f"{links.week}:{seen.list_name}:newsletter:{domain}"),
        ]
    )


def notice_headers(seen: Appearance, subject: str, languages: Sequence[str], *, answers: bool = False) -> str:
    """Return the header block of a mail that is not the list's; `answers`: of one that replies to a mail."""
    return "".join(_common(seen, subject, languages, "auto-replied" if answers else "auto-generated"))


def reply_headers(message_id: str) -> str:
    """Return the header lines that tie a reply to the mail of that Message-ID (RFC 5322 section 3.6.4).

    Raises
    UnfitHeader: it is not printable ASCII on one line.
    """
    return "".join(ready_header(name, message_id) for name in ("In-Reply-To", "References"))
