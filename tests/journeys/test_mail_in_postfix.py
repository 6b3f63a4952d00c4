"""What a real Postfix does with our answers: tries again, tells its sender, and brings reports about our letters."""

import smtplib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from newsletter.badnews import BounceKind
from newsletter.store.bounces import BounceRow
from newsletter.store.received import ReceivedRow
from tests.journeys.site import Site
from tests.servers.mail_in import MailIn
from tests.servers.postbox import Postbox
from tests.servers.postfix import Postfix

pytestmark = pytest.mark.postfix
HELP = "help@week.example.org"
ANNA = "anna@example.net"
MAIL = "From: anna@example.net\r\nSubject: Дапамога\r\n\r\nПрывітанне\r\n".encode()


class Post:
    """An installation, its server for mail in, and the Postfix before it."""

    def __init__(self, site: Callable[..., Site], postbox: Postbox, folder: Path) -> None:
        self.server = MailIn(folder / "inbound.log")
        self.postfix = Postfix(ours=self.server.port, elsewhere=postbox.port)
        self.here = site(SMTP_URL=f"smtp://127.0.0.1:{self.postfix.port}")

    def serve(self, dies: str = "") -> None:
        self.server.start(self.here.environment, dies=dies)

    def write(self, to: str, content: bytes = MAIL) -> None:
        with smtplib.SMTP("127.0.0.1", self.postfix.port) as client:
            client.sendmail(ANNA, [to], content)

    @property
    def kept(self) -> int:
        with self.here.here.database.reading() as session:
            return session.scalar(select(func.count()).select_from(ReceivedRow)) or 0

    def remove(self) -> None:
        self.postfix.remove()
        self.server.remove()


@pytest.fixture
def post(site: Callable[..., Site], postbox: Postbox, tmp_path: Path) -> Iterator[Post]:
    post = Post(site, postbox, tmp_path)
    yield post
    post.remove()


def test_while_the_server_is_away_or_dies_postfix_keeps_the_mail_and_it_is_taken_once(post: Post) -> None:
    post.serve(dies="after")
    post.write(HELP)
    assert post.server.end(60) == -9
    post.here.wait_for(lambda: post.postfix.waiting == 1)
    assert post.kept == 1
    post.serve()
    post.here.wait_for(lambda: "status=sent (250 2.0.0 Taken)" in post.postfix.log)
    assert post.kept == 1


def test_who_sends_too_much_is_told_by_their_own_server(post: Post, postbox: Postbox) -> None:
    post.serve()
    post.write(HELP, MAIL + b"a" * 300_000)
    postbox.wait("messages", 1)
    assert postbox.senders == {ANNA: ""}
    assert b"552 5.3.4 Too large for this address" in postbox.body(ANNA)
    assert post.kept == 0


def test_a_letter_that_comes_back_is_a_bounce_of_its_reader(post: Post, postbox: Postbox) -> None:
    post.serve()
    here = post.here
    here.run("load", "seeds")
    (gone, *_) = here.import_readers(3)
    postbox.answers[gone] = f"550 5.1.1 <{gone}>: user unknown"
    here.hire("many at once")
    here.run("digest", "send", "2019-W41")
    here.ring_until_sent()
    postbox.wait("messages", 2)
    here.ring()

    def bounces() -> list[BounceRow]:
        with here.here.database.reading() as session:
            return list(session.scalars(select(BounceRow)))

    here.wait_for(lambda: len(bounces()) == 1)
    (bounce,) = bounces()
    assert (bounce.kind, bounce.enhanced, bounce.source) == (BounceKind.BAD_ADDRESS, "5.1.1", "lmtp")
    assert bounce.digest_id is not None
    assert gone not in (bounce.text or "")
    assert "bad-address" in here.run("subscribers", "show", gone).stdout
