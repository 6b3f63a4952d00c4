"""Where mail comes in, pages say that a mail is enough; where it does not, none does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from pydantic import SecretStr

from tests.servers.pages import NOW, Pages, runtime_at


@pytest.fixture
def pages(database_url: str, tmp_path: Path, broker_url: str) -> Iterator[Pages]:
    """Pages beside a real Valkey, so that what is limited is counted."""
    with Pages(runtime_at(database_url, tmp_path, broker_url=SecretStr(broker_url))) as running:
        yield running


def reads_mail(pages: Pages, **more: object) -> None:
    """Have the publication read mail; before the first page is asked for."""
    pages.runtime.publication = pages.runtime.publication.model_copy(update={"mail_in": True, **more})


def mailboxes(pages: Pages, path: str, host: str = "") -> list[str]:
    answer = pages.ask(path, headers={"Host": host} if host else {})
    assert answer.status == 200
    hrefs = [link.get("href", "") for link in html.document_fromstring(answer.text).iter("a")]
    return [href for href in hrefs if href.startswith("mailto:subscribe")]


@pytest.mark.parametrize("code", ["be", "ru", "en"])
@pytest.mark.parametrize("tail", ["", "subscribe"])
def test_where_mail_comes_in_the_form_offers_an_empty_letter_instead(pages: Pages, code: str, tail: str) -> None:
    reads_mail(pages)
    assert mailboxes(pages, f"/{code}/{tail}") == [f"mailto:subscribe-{code}@week.example.org"]


@pytest.mark.parametrize("tail", ["", "subscribe"])
def test_where_it_does_not_no_page_offers_it(pages: Pages, tail: str) -> None:
    assert mailboxes(pages, f"/be/{tail}") == []


def test_where_mail_comes_in_one_learns_that_a_reply_confirms(pages: Pages) -> None:
    assert "reply" not in pages.ask("/en/asked").text
    reads_mail(pages)
    assert "or just reply to it" in pages.ask("/en/asked").text


def test_under_the_neutral_host_the_address_is_the_neutral_one_or_none(pages: Pages) -> None:
    reads_mail(pages)
    assert mailboxes(pages, "/ru/", "letter.test") == ["mailto:subscribe-ru@letter.example.net"]


def test_under_the_neutral_host_an_address_that_names_the_publication_is_not_shown(pages: Pages) -> None:
    reads_mail(pages, discreet=pages.runtime.publication.discreet.model_copy(update={"address": None}))
    assert mailboxes(pages, "/ru/", "letter.test") == []
    assert mailboxes(pages, "/ru/") == ["mailto:subscribe-ru@week.example.org"]


def test_while_the_form_is_abused_it_says_why_a_letter_is_the_better_way(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads_mail(pages)
    monkeypatch.setattr(type(pages.runtime.windows), "attack_since", lambda _: NOW)
    answer = pages.ask("/en/subscribe")
    assert answer.text.count("mailto:subscribe-en@week.example.org") == 1
    assert "Somebody is abusing this form at the moment" in answer.text
    assert "Or send an empty letter" not in answer.text
