"""The form used against others, and forms while the broker is away: what comes of it, with real processes."""

import http.client
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from lxml import html

from newsletter.clock import monotonic
from newsletter.store.askings import AskingRow, AskingState
from newsletter.store.notices import NoticeRow
from newsletter.windows import ASKED
from tests.journeys.open_site import OpenSite
from tests.journeys.site import Site
from tests.servers.postbox import Postbox

pytestmark = pytest.mark.timeout(240)
PATIENCE = 15.0
"""Seconds for two forms, opened and posted, on a busy machine."""

PLENTY = {"ASKINGS_PER_NETWORK": "100000", "ASKINGS_IN_ALL": "100000"}


@pytest.fixture
def open_site(site: Callable[..., Site], postbox: Postbox) -> Iterator[Callable[..., OpenSite]]:
    """Make an installation that the public may use; `open_site(ATTACK_ASKINGS="5")` sets settings."""
    made: list[OpenSite] = []

    def make(**settings: str) -> OpenSite:
        made.append(OpenSite(site, postbox, **settings))
        return made[-1]

    yield make
    for here in made:
        here.close()
        here.broker.remove()


def flood(here: OpenSite, address: str, times: int) -> set[int]:
    """Post one form so many times over one connection, as fast as it goes; return the statuses of the answers."""
    page = html.document_fromstring(here.web.ask("/en/subscribe").text)
    form = dict(page.cssselect("main form")[0].form_values())
    body = urlencode(form | {"email": address, "choice": "en:en", "variant": "full", "consent": "yes"})
    connection = http.client.HTTPConnection(here.web.host, here.web.port, timeout=60)
    seen = set()
    for _ in range(times):
        head = {"Origin": here.web.url, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/en/subscribe", body, head)
        answer = connection.getresponse()
        answer.read()
        seen.add(answer.status)
    connection.close()
    return seen


def waiting(here: OpenSite) -> int:
    """Count the askings that nobody has looked at yet."""
    with here.site.here.database.reading() as session:
        return session.query(AskingRow).filter_by(state=AskingState.ASKED).count()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_thousand_posts_for_one_address_make_one_mail(open_site: Callable[..., OpenSite], postbox: Postbox) -> None:
    here = open_site(**PLENTY)
    victim = "somebody@example.org"
    assert flood(here, victim, 1000) == {303}
    here.mail(victim, 1)
    here.site.wait_for(lambda: waiting(here) == 0)
    with here.site.here.database.reading() as session:
        assert session.query(AskingRow).count() == 1, "what no link leads to is kept"
    here.site.stand_by(beats=2)
    assert {to: len(ids) for to, ids in postbox.taken.items()} == {victim: 1}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_attack_mode_switches_itself_on_and_tells_the_operator_once(
    open_site: Callable[..., OpenSite], postbox: Postbox
) -> None:
    here = open_site(ATTACK_ASKINGS="10", ATTACK_PER_NETWORK="2")
    windows, now = here.site.here.windows, here.site.here.clock()
    operator = here.site.here.publication.operator_email
    stranger = here.reader("stranger-0@example.org", "ru")
    assert stranger.sign_up("be-ru:ru-be").status == 303
    stranger.next_mail()
    assert operator not in postbox.taken
    for _ in range(12):  # a quarter of an hour ago, so that there was time for mail to be read
        windows.tell(ASKED, now=now - timedelta(minutes=15))
    assert here.reader("stranger-1@example.org").sign_up().status == 303
    assert "NEWSLETTER_ASKINGS_PER_NETWORK" in here.mail(operator, 1).text
    assert windows.attack_since() is not None
    assert 'href="mailto:' in here.web.ask("/ru/subscribe").text
    answers = [here.reader(f"stranger-{number}@example.org").sign_up().status for number in range(2, 5)]
    assert answers == [429, 429, 429], "this network had its two already"
    here.site.wait_for(lambda: waiting(here) == 0)
    here.site.stand_by(beats=2)
    with here.site.here.database.reading() as session:
        assert [row.kind for row in session.query(NoticeRow)] == ["attack"]
    assert len(postbox.taken[operator]) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_forms_work_while_the_broker_is_away_and_mail_comes_when_it_is_back(
    open_site: Callable[..., OpenSite], postbox: Postbox
) -> None:
    here = open_site()
    before = here.reader("before@example.org", "be")
    assert before.sign_up("be-ru:be-ru").status == 303
    note = before.next_mail()

    here.broker.kill()
    begun = monotonic()
    during = here.reader("during@example.org", "be")
    assert during.sign_up("be-ru:be-ru").status == 303
    assert before.press(note.link("confirm")).status == 200
    assert monotonic() - begun < PATIENCE, "a page waits for who does not answer"
    assert waiting(here) == 1
    assert "during@example.org" not in postbox.taken

    here.broker.start()
    assert during.press(during.next_mail().link("confirm")).status == 200
    assert "@example" not in here.log.read_text() + (here.site.folder / "web.log").read_text()
