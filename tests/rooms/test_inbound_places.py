"""Our addresses: what each asks for, and that nobody makes up one with a token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import tokens
from newsletter.digest import Variant
from newsletter.inbound.places import WITH_TOKEN, Command, Place, domains_of, place_of
from newsletter.tokens import Purpose
from tests.letters import sample
from tests.letters.sample import BE
from tests.rooms.writing import BOUNCE, CONFIRM, FULL, LEAVE, NEUTRAL, PUBLICATION, READER, RING, TOKEN
from tests.unit.rings import ring


def at(recipient: str) -> Place | None:
    return place_of(recipient, PUBLICATION, RING)


@pytest.mark.parametrize("command", [one for one in Command if one not in WITH_TOKEN])
def test_a_word_at_our_domain_is_a_command_and_the_neutral_one_is_discreet(command: Command) -> None:
    assert at(f"{command}@{FULL}") == Place(command, Variant.FULL)
    assert at(f"{command}@{NEUTRAL}") == Place(command, Variant.DISCREET)


@pytest.mark.parametrize("command", [Command.SUBSCRIBE, Command.LATEST])
def test_a_language_stands_behind_a_dash(command: Command) -> None:
    assert at(f"{command}-be@{FULL}") == Place(command, Variant.FULL, tongue=BE)
    assert at(f"{command}-pl@{FULL}") is None
    assert at(f"{command}-@{FULL}") is None


@pytest.mark.parametrize("recipient", [CONFIRM, LEAVE, BOUNCE])
def test_a_token_stands_behind_a_plus_and_names_its_reader(recipient: str) -> None:
    found = at(recipient)
    assert found is not None
    assert found.ref == READER
    assert found.token in recipient
    assert place_of(recipient, PUBLICATION, ring(7, 8)) == found, "an older key still counts"


@pytest.mark.parametrize(
    "recipient",
    [
        f" Subscribe-BE@{FULL.upper()} ",
        f"<subscribe-be@{FULL}>",
        f"subscribe-be@{FULL}.",
    ],
)
def test_it_is_read_however_a_server_writes_it(recipient: str) -> None:
    assert at(recipient) == Place(Command.SUBSCRIBE, Variant.FULL, tongue=BE)


def test_capitals_do_no_harm_to_a_token() -> None:
    assert at(CONFIRM.upper()) == at(CONFIRM)
    assert at(CONFIRM.upper()) is not None


def test_an_international_domain_is_one_in_both_spellings() -> None:
    publication = sample.publication(sender={"address": "digest@тыдзень.example"})
    assert set(domains_of(publication)) == {"xn--d1acfzv8cl.example", NEUTRAL}
    for domain in ("тыдзень.example", "ТЫДЗЕНЬ.example", "xn--d1acfzv8cl.example"):
        assert place_of(f"help@{domain}", publication, RING) == Place(Command.HELP, Variant.FULL)


def test_one_domain_for_both_hides_nothing() -> None:
    discreet = {
        "sender_name": dict.fromkeys(("be", "ru", "en"), "x"),
        "subject": dict.fromkeys(("be", "ru", "en"), "x"),
    }
    for more in ({}, {"address": f"post@{FULL}"}):
        publication = sample.publication(discreet=discreet | more)
        assert domains_of(publication) == {FULL: Variant.FULL}


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "@",
        "subscribe",
        "subscribe@",
        f"@{FULL}",
        f"digest@{FULL}",
        "subscribe@example.com",
        f"subscribe@sub.{FULL}",
        f"subscribe@{FULL}.evil.example",
        f"subscribe+x@{FULL}",
        f"help-be@{FULL}",
        f"bounce@{FULL}",
        f"leave@{FULL}",
        f"leave-be@{FULL}",
        f"confirm+@{FULL}",
        f"confirm-be+{TOKEN}@{FULL}",
        f"confirm+{TOKEN}+@{FULL}",
        f"confirm+ {TOKEN}@{FULL}",
        f"leave+{TOKEN}@{FULL}",  # is for something else
        f"bounce+{TOKEN}@{FULL}",
        f"subscribe@{FULL}@example.com",
        "subscribe@\ud800.example",
        f"subscribe@{'a' * 70}ў.example",
    ],
)
def test_what_is_none_of_ours_is_none(recipient: str) -> None:
    assert at(recipient) is None


@given(st.sampled_from([CONFIRM, LEAVE, BOUNCE]), st.data())
def test_a_token_with_one_other_digit_is_none(recipient: str, data: st.DataObject) -> None:
    start = recipient.index("+") + 1
    place = data.draw(st.integers(start, start + tokens.LENGTH - 1))
    digit = data.draw(st.sampled_from(sorted(set("0123456789abcdef") - {recipient[place]})))
    assert at(recipient[:place] + digit + recipient[place + 1 :]) is None


@given(st.sampled_from(list(Purpose)), st.sampled_from(list(WITH_TOKEN)))
def test_a_token_is_good_for_one_thing(purpose: Purpose, command: Command) -> None:
    token = tokens.make(RING, purpose, READER)
    assert (at(f"{command}+{token}@{FULL}") is not None) == (purpose is WITH_TOKEN[command])
    assert at(f"{command}+{tokens.make(ring(9), purpose, READER)}@{FULL}") is None


WORDS = st.sampled_from([*Command, "be", "+", "-", "@", "<", FULL, NEUTRAL, TOKEN, "\0", "ў", "\ud800", "."])


@given(st.text() | st.lists(WORDS | st.text(max_size=3), max_size=8).map("".join))
def test_any_text_at_all_is_read(recipient: str) -> None:
    found = at(recipient)
    if found is not None and found.command in WITH_TOKEN:
        assert (found.command, found.token) == (Command.CONFIRM, TOKEN)
