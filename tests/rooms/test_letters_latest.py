"""The newest digest by mail: what the letter says, with nobody's links in it, and how to subscribe."""

import email
import email.policy
import re
from email.message import EmailMessage

import pytest

from newsletter.digest import Outlook, Variant
from newsletter.languages import Language
from newsletter.letters import LEAVE_SLOT, Letter, SlotInContent, compile_letter, write, write_latest
from tests.letters import sample
from tests.letters.golden import seeds

KINDS = [("en", (sample.EN,)), ("be-ru", (sample.BE, sample.RU)), ("be-ru", (sample.RU, sample.BE))]
each_kind = pytest.mark.parametrize(("edition", "order"), KINDS, ids=["en", "be-ru", "ru-be"])
each_variant = pytest.mark.parametrize("variant", Variant)
SNIPPET = 140


def latest(edition: str, order: tuple[Language, ...], variant: Variant) -> Letter:
    publication = sample.publication()
    return write_latest(sample.digest(), publication, publication.edition(edition), order, variant)


def parsed(letter: Letter) -> EmailMessage:
    raw = b"".join(compile_letter(letter).address(sample.addressee(leave="", preferences="")))
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


@each_variant
@each_kind
def test_it_says_what_the_letter_says(edition: str, order: tuple[Language, ...], variant: Variant) -> None:
    publication = sample.publication()
    letter = write(sample.digest(), publication, publication.edition(edition), order, variant)
    found = latest(edition, order, variant)
    assert (found.subject, found.sender) == (letter.subject, letter.sender)
    assert (found.html is None) == (letter.html is None) == (variant is Variant.DISCREET)
    issue = issue_of(letter.text, variant)
    assert "Headline border" in issue
    assert issue_of(found.text, variant) == issue
    if letter.html and found.html:
        head, _, _ = letter.html.partition('<div class="close"')
        assert "Headline border" in head
        assert found.html.startswith(head)


def issue_of(text: str, variant: Variant) -> str:
    """Return what stands between the greeting and the end."""
    if variant is Variant.DISCREET:
        text = text.partition("* * *")[2]
    return text.rpartition("-" * 72)[0]


@each_variant
@each_kind
def test_it_is_no_list_s_mail_and_nothing_in_it_is_anybody_s_own(
    edition: str, order: tuple[Language, ...], variant: Variant
) -> None:
    found = latest(edition, order, variant)
    message = parsed(found)
    assert not [name for name in message if name.startswith("List-") or name in ("Precedence", "Feedback-ID")]
    assert message["Auto-Submitted"] == "auto-replied"
    for part in (found.text, found.html or ""):
        assert "slot" not in part
        assert "/leave" not in part
        assert "/preferences" not in part


@each_variant
@each_kind
def test_it_says_why_it_came_and_how_to_subscribe(edition: str, order: tuple[Language, ...], variant: Variant) -> None:
    found, main = latest(edition, order, variant), order[0]
    domain = {Variant.FULL: "week.example.org", Variant.DISCREET: "neutral.example.net"}[variant]
    foot = found.text.rpartition("-" * 72)[2]
    assert f"subscribe-{main}@{domain}" in foot
    assert f"https://{domain}/{main}/subscribe" in foot
    whole = " ".join(found.text.split())
    assert {"be": "дасылаем яго адзін раз", "ru": "присылаем его один раз", "en": "only this once"}[main.code] in whole
    if found.html is not None:
        assert f'href="mailto:subscribe-{main}@{domain}"' in found.html
        assert f'href="https://{domain}/{main}/subscribe"' in found.html


@each_kind
def test_a_discreet_one_shows_nothing_of_the_publication(edition: str, order: tuple[Language, ...]) -> None:
    publication, digest = seeds()
    found = write_latest(digest, publication, publication.edition(edition), order, Variant.DISCREET)
    # A commentary may name what it likes, and so may its discreet letter; what frames it may not.
    frame = found.text.partition("* * *")[0], found.text.rpartition("-" * 72)[2]
    framed = f"{parsed(found).items()} {frame}"
    for telling in (*publication.name.values(), *publication.description.values(), "week.example.org"):
        assert telling.lower() not in framed.lower()
    assert "https://week.example.org" not in found.text
    assert "https://" not in " ".join(found.text.split())[:SNIPPET]


@each_variant
@each_kind
def test_the_same_arguments_give_the_same_note(edition: str, order: tuple[Language, ...], variant: Variant) -> None:
    assert latest(edition, order, variant) == latest(edition, order, variant)


def test_a_text_that_would_be_taken_for_a_slot_is_refused_here_too() -> None:
    publication = sample.publication()
    digest = sample.digest(sample.commentary("odd", None, Outlook.WORSE, "en", body=f"see {LEAVE_SLOT}"))
    with pytest.raises(SlotInContent, match=re.escape("2019-W41/odd.en")):
        write_latest(digest, publication, publication.edition("en"), (sample.EN,), Variant.FULL)


def test_an_order_without_a_text_says_so() -> None:
    publication = sample.publication()
    digest = sample.digest(sample.commentary("talks", None, Outlook.WORSE, "ru"))
    found = write_latest(digest, publication, publication.edition("en"), (sample.EN,), Variant.FULL)
    assert "1 commentary this week is not available in the language of this letter." in " ".join(found.text.split())
