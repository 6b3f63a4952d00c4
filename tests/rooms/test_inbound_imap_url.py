"""Where a mailbox is, and how far it was looked through."""

import pytest

from newsletter.inbound.imap.progress import AGAIN_SECONDS, BATCH, Progress
from newsletter.inbound.imap.url import HANDLED, Mailbox, NoMailbox, Tls


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("imaps://news:secret@imap.example.org", Mailbox("imap.example.org", 993, "news", "secret")),
        ("imaps://news:secret@imap.example.org/", Mailbox("imap.example.org", 993, "news", "secret")),
        ("imaps://news:secret@imap.example.org:1993/inbox", Mailbox("imap.example.org", 1993, "news", "secret")),
        (
            "imaps://news%40example.org:p%40ss%20w%2Frd%3A@imap.example.org/mail/in?handled=mail/%D0%B4%D0%B0",
            Mailbox(
                "imap.example.org", 993, "news@example.org", "p@ss w/rd:", folder="mail/in", handled="mail/да"
            ),
        ),
        ("imaps://news@example.org:p@ss:1@[::1]:994", Mailbox("::1", 994, "news@example.org", "p@ss:1")),
        (
            "imap://news:secret@imap.example.org?tls=starttls",
            Mailbox("imap.example.org", 143, "news", "secret", Tls.STARTTLS),
        ),
        ("imap://news:secret@127.0.0.1:1143", Mailbox("127.0.0.1", 1143, "news", "secret", Tls.NONE)),
        ("imap://news:secret@localhost?tls=starttls", Mailbox("localhost", 143, "news", "secret", Tls.STARTTLS)),
    ],
)  # fmt: skip
def test_a_mailbox_is_read_from_its_url(url: str, wanted: Mailbox) -> None:
    assert Mailbox.at(url) == wanted
    assert Mailbox.at(url).where.rpartition(":")[0] in (wanted.host, f"[{wanted.host}]")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "wants imaps://"),
        ("imap.example.org", "wants imaps://"),
        ("pop3://news:secret@imap.example.org", "wants imaps://"),
        ("imaps://news:secret@", "wants imaps://"),
        ("imaps://news:secret@imap.example.org:port", "wants imaps://"),
        ("imaps://news:sec/ret@imap.example.org", "wants imaps://"),
        ("imaps://news:sec%FFret@imap.example.org", "wants imaps://"),
        ("imaps://imap.example.org", "the user or the password is missing"),
        ("imaps://news@imap.example.org", "the user or the password is missing"),
        ("imaps://:secret@imap.example.org", "the user or the password is missing"),
        ("imap://news:secret@imap.example.org", "in the clear"),
        ("imap://news:secret@imap.example.org?tls=none", "there is no other"),
        ("imaps://news:secret@imap.example.org?tls=starttls", "there is no other"),
        ("imaps://news:secret@imap.example.org?secret=1", "but not 1 other"),
        ("imaps://news:secret@imap.example.org?handled=", "a name is empty"),
        ("imaps://news:secret@imap.example.org/in?handled=in", "both folders are the same"),
        ("imaps://news:sec%0D%0Aret@imap.example.org", "not printable"),
        ("imaps://news:secret@imap.example.org/a%00b", "not printable"),
    ],
)
def test_what_is_no_mailbox_is_said_without_quoting_it(url: str, why: str) -> None:
    with pytest.raises(NoMailbox, match=r"^NEWSLETTER_IMAP_URL: ") as wrong:
        Mailbox.at(url)
    assert why in str(wrong.value)
    assert "sec" not in str(wrong.value)


def test_a_mailbox_does_not_show_its_password() -> None:
    assert "secret" not in repr(Mailbox("imap.example.org", 993, "news", "secret"))
    assert Mailbox("imap.example.org", 993, "news", "secret").handled == HANDLED


def progress(*begun: int) -> Progress:
    made = Progress()
    made.enter(1, 0)
    assert list(made.batches(begun)) == [list(begun)]
    return made


def test_each_mail_is_looked_at_once() -> None:
    made = progress(3, 5, 9)
    assert made.first == 10
    for uid in (3, 5, 9):
        made.end(uid)
    assert list(made.batches([])) == []


def test_what_was_not_brought_to_an_end_is_tried_alone_and_not_for_ever() -> None:
    made = progress(3, 5, 9)
    made.end(5)
    assert list(made.batches([11])) == [[3], [9], [11]]
    assert list(made.batches([])) == [[3], [9], [11]]
    assert [made.is_given_up(uid) for uid in (3, 5, 9, 11)] == [True, False, True, False]
    assert list(made.batches([])) == [[11]]
    made.enter(1, AGAIN_SECONDS - 1)
    assert list(made.batches([])) == []
    made.enter(1, AGAIN_SECONDS)
    assert list(made.batches([])) == [[3], [9], [11]]


def test_what_was_no_mails_fault_is_not_charged() -> None:
    made = progress(3, 5)
    for _ in range(10):
        made.excuse([3, 4, 5])
        assert list(made.batches([])) == [[3], [5]]


def test_other_uids_are_other_mails() -> None:
    made = progress(3, 5)
    made.enter(2, 1)
    assert (made.first, made.tries) == (1, {})
    assert list(made.batches(range(1, 2 * BATCH + 2))) == [
        list(range(1, BATCH + 1)),
        list(range(BATCH + 1, 2 * BATCH + 1)),
        [2 * BATCH + 1],
    ]
    made.enter(None, 2)  # a server that does not say it
    assert made.first == 1
