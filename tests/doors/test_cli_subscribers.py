"""`newsletter subscribers add|count`"""

import json

import pytest

from newsletter.digest import Variant
from tests.servers.command import Command

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the store does on each engine is shown by the tests of its rooms and verbs."""


def test_a_reader_is_added_once(command: Command) -> None:
    first, again = (command("subscribers", "add", name, "--edition", "en") for name in ("a@b.example", "A@B.example"))
    assert (first.code, first.out) == (0, "added\n")
    assert (again.code, again.out) == (0, "not added: subscribed already\n")


def test_counts_are_by_state_and_by_letter(command: Command) -> None:
    command.here.add_readers(2)
    command("subscribers", "add", "a@b.example", "--edition", "be-ru", "--languages", "ru,be", "--variant", "discreet")
    answer = command("subscribers", "count", "--json")
    assert json.loads(answer.out) == {
        "active": 3,
        "paused": 0,
        "stopped": 0,
        "asked": 0,
        "left": [],
        "active_by_letter": [
            {"edition": "be-ru", "languages": ["ru", "be"], "variant": Variant.DISCREET.value, "readers": 1},
            {"edition": "en", "languages": ["en"], "variant": Variant.FULL.value, "readers": 2},
        ],
    }
    assert answer.err == ""
    lines = [line.split() for line in command("subscribers", "count").out.splitlines()]
    assert lines == [
        ["active", "3"], ["paused", "0"], ["stopped", "0"],
        ["be-ru", "ru", "be", "discreet", "1"], ["en", "en", "full", "2"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("anna at example.org", "--edition", "en"), "newsletter: not a valid e-mail address"),
        (("a@b.example", "--edition", "de"), "newsletter: no such edition: 'de'; there are: en, be-ru"),
        (("a@b.example", "--edition", "be-ru", "--languages", "en"), "newsletter: edition be-ru has no order 'en'"),
        (("a@b.example",), "Missing option '--edition'"),
    ],
)
def test_a_wrong_wish_is_refused_and_the_address_not_repeated(
    command: Command, words: tuple[str, ...], fault: str
) -> None:
    answer = command("subscribers", "add", *words)
    assert (answer.code, answer.out) == (2, "")
    assert fault in answer.err.splitlines()[-1]
    assert words[0] not in answer.err
    assert json.loads(command("subscribers", "count", "--json").out)["active"] == 0
