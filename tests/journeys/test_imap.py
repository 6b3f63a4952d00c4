"""Mail in from a mailbox of a real Dovecot: the server's own ways.  Who writes to it is in `test_mail_in.py`."""

import pytest

from newsletter.inbound.imap.session import KEYWORD, Session, open_session
from newsletter.inbound.imap.url import Mailbox
from tests.rooms.mailbox import letter
from tests.servers.dovecot import HANDLED, PASSWORD, USER, Dovecot

pytestmark = pytest.mark.dovecot
HOST = "week.example.org"


@pytest.mark.parametrize(
    ("separator", "prefix", "capabilities"),
    [("/", "", ""), (".", "INBOX.", ""), ("/", "", "IMAP4rev1 LITERAL+ NAMESPACE")],
    ids=["plain", "prefix", "old"],
)
def test_folders_and_marks_as_it_has_them(separator: str, prefix: str, capabilities: str) -> None:
    server = Dovecot(separator=separator, prefix=prefix, capabilities=capabilities)
    try:
        with server.connect() as client:
            for number in range(3):
                assert client.sendmail("anna@example.org", [f"subscribe@{HOST}"], letter(number)) == {}
        with open_session(Mailbox("127.0.0.1", server.imap, USER, PASSWORD, Mailbox.at(server.url).tls)) as session:
            assert session.can_idle is not bool(capabilities)
            assert len(put_away(session)) == 3
            assert session.uids(1) == []
        with open_session(Mailbox.at(server.url)) as session:
            assert session.uids(1) == []
        assert len(server.lie(HANDLED)) == 3
        assert len(server.lie()) == (3 if capabilities else 0)  # without MOVE they are copied, and marked
        assert (KEYWORD in server.keywords) is bool(capabilities)
    finally:
        server.remove()


def put_away(session: Session) -> list[bytes]:
    found = []
    for uid, head in session.heads(session.uids(1)).items():
        content = session.content(uid, 10**6)
        assert content is not None
        assert len(content) == head.size
        found.append(content)
        session.put_away(uid)
    return found
