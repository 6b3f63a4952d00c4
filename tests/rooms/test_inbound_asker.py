"""Who wrote: one address that can be written to, or nobody."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.inbound.commands.asker import NoAsker, answerable_id, sole_writer

ANNA = "anna@example.com"


@pytest.mark.parametrize(
    "value",
    [
        ANNA,
        f"<{ANNA}>",
        f"  Anna  < {ANNA} > ",
        f"Anna<{ANNA}>",
        f'"Ivanova, Anna (at home) <x@evil.example>" <{ANNA}>',
        f'"Anna \\"A\\" <x@evil.example>" <{ANNA}>',
        f"{ANNA} (Anna, x@evil.example)",
        f"(a (nested) \\) comment) Anna <{ANNA}>",
        f"Anna <{ANNA}> (at home)",
        f"=?utf-8?b?0JDQvdC90LAgPHhAZXZpbC5leGFtcGxlPiw=?= <{ANNA}>",
        f"=?utf-8?q?Anna=2C_x=40evil=2Eexample?= <{ANNA}>",
        f"Ганна <{ANNA}>",
        f"Ганна <{ANNA}>".encode().decode("ascii", "surrogateescape"),
        f"{ANNA} <{ANNA}>",
        f"'{ANNA}' <{ANNA}>".replace("'", '"'),
        f"A. N. Na <{ANNA}>",
        "Anna <anna@EXAMPLE.com>",
    ],
)
def test_one_mailbox_is_found_whatever_stands_round_it(value: str) -> None:
    assert str(sole_writer([value])) == ANNA


def test_an_international_domain_is_found_in_either_spelling() -> None:
    for value in ("anna@пошта.example", "<anna@xn--80a1acn3a.example>"):
        assert str(sole_writer([value])) == "anna@xn--80a1acn3a.example"
        assert str(sole_writer([value.encode().decode("ascii", "surrogateescape")])) == "anna@xn--80a1acn3a.example"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([], "from nobody"),
        ([ANNA, ANNA], "more than one From line"),
        ([f"{ANNA}, boris@example.com"], "From is not one address"),
        ([f"Anna <{ANNA}>, Boris <boris@example.com>"], "From is not one address"),
        ([f"Anna <{ANNA}> <boris@example.com>"], "From is not one address"),
        ([f"boris@example.com <{ANNA}>"], "From is not one address"),
        ([f"friends: {ANNA};"], "From is not one address"),
        (["undisclosed-recipients:;"], "From is not one address"),
        ([f"<@relay.example,@other.example:{ANNA}>"], "From is not one address"),
        ([f'"Anna <{ANNA}>'], "From is not one address"),
        ([f"(Anna <{ANNA}>"], "From is not one address"),
        ([f"Anna) <{ANNA}>"], "From is not one address"),
        ([f"Anna <{ANNA}>\\"], "From is not one address"),
        ([f"Anna <{ANNA}> Boris"], "From is not one address"),
        ([""], "From is not one address"),
        (["<>"], "From is not one address"),
        (["a" * 3000 + f" <{ANNA}>"], "From is not one address"),
        (["Anna"], "From is not an address that can be written to"),
        (["=?utf-8?q?anna=40example=2Ecom?="], "From is not an address that can be written to"),
        (['"anna"@example.com'], "From is not an address that can be written to"),
        (["ганна@example.com"], "From is not an address that can be written to"),
        (["anna@[127.0.0.1]"], "From is not an address that can be written to"),
        (["anna@localhost"], "From is not an address that can be written to"),
        (["anna@exa(comment)mple"], "From is not an address that can be written to"),
    ],
)
def test_nobody_or_several_are_not_answered(values: list[str], why: str) -> None:
    with pytest.raises(NoAsker, match=f"^{why}$"):
        sole_writer(values)


PIECES = st.sampled_from([ANNA, "x@evil.example", *'<>()",;:\\@ \r\n\0=?', "=?utf-8?q?", "\udcff", "ў"])


@given(st.lists(st.text() | st.lists(PIECES).map("".join), max_size=2))
@example(['"' * 1999])
@example(["(" * 1999])
@example(["a " * 999])
def test_any_text_names_one_address_or_nobody(values: list[str]) -> None:
    try:
        found = str(sole_writer(values))
    except NoAsker as error:
        found = str(error)
        if "@" in found:
            raise
    assert found.isascii()
    assert found.isprintable()


@pytest.mark.parametrize("value", ["<a1@example.com>", " <a1@example.com> ", "<no-at-sign>", "<" + "a" * 248 + ">"])
def test_a_message_id_is_kept_for_our_answer(value: str) -> None:
    assert answerable_id([value]) == value.strip()


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ["a1@example.com"],
        ["<a1@example.com> x"],
        ["<a1@example.com>", "<a2@example.com>"],
        ["<a1@exa\r\n mple.com>"],
        ["<a1@exa\nBcc: x>"],
        ["<a 1@example.com>"],
        ["<a<b>@example.com>"],
        ["<ў@example.com>"],
        ["<>"],
        ["<" + "a" * 249 + ">"],
    ],
)
def test_one_that_cannot_stand_in_a_header_of_ours_is_left_out(values: list[str]) -> None:
    assert answerable_id(values) == ""


@given(st.lists(st.text() | st.text("<>ab@\r\n \t\0é"), max_size=2))
def test_whatever_is_kept_is_one_word_of_printable_ascii(values: list[str]) -> None:
    found = answerable_id(values)
    assert len(found) <= 250
    assert found.isascii()
    assert not found or (found.isprintable() and " " not in found and found[0] + found[-1] == "<>")
