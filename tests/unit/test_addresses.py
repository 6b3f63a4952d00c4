"""Addresses: what is typed becomes a value that can be written to, or an error that quotes nothing."""

import traceback
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.addresses import LONGEST, Address, InvalidAddress, parse

typed = st.one_of(
    st.text(),
    st.text(st.characters(codec=None)),  # lone surrogates, as a form may send them
    st.builds("{}@{}".format, st.text(), st.text()),
    st.builds("{}@{}.example".format, st.text("abAB.+-_='\"\\ (),:;<>@[]\t", min_size=1), st.text("abя-.ßİ")),
    st.emails(),
)


@given(typed)
@example("a" * 64 + "@" + "b." * 100_000)
@example("\ud800@example.org")
@example("anna@\ud800.example")
@example("anna@xn--0.example")
@example("anna@xn--a" + "\u0301" * 70 + ".example")
@example("anna@example.org\r\nBcc: piotr@example.org")
def test_any_text_is_an_address_or_invalid_and_nothing_else(text: str) -> None:
    invalid: InvalidAddress | None = None
    try:
        address = parse(text)
    except InvalidAddress as error:
        invalid = error
    if invalid is not None:
        assert invalid.args == ("not a valid e-mail address",)
        assert invalid.__suppress_context__ or invalid.__context__ is None
        return
    written = str(address)
    assert written.isascii()
    assert written.isprintable()
    assert " " not in written
    assert len(written) <= LONGEST
    assert parse(written) == address
    assert parseaddr(written) == ("", written)
    assert address.canonical == address.canonical.lower()


@given(st.emails())
def test_no_repr_and_no_traceback_tells_an_address(text: str) -> None:
    try:
        address = parse(text)
    except InvalidAddress:
        assert text not in traceback.format_exc()
    else:
        assert repr(address) == "Address(•••)"
        assert f"{[address]!r}" == "[Address(•••)]"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (" anna@example.org\n", "anna@example.org"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
        ("Anna.Maria+news@EXAMPLE.org", "Anna.Maria+news@example.org"),
        ("anna@пошта.example", "anna@xn--80a1acn3a.example"),
        ("anna@ПОШТА.example", "anna@xn--80a1acn3a.example"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("o'neil=x@example.org", "o'neil=x@example.org"),
    ],
)
def test_an_address_is_kept_as_it_goes_on_the_wire(text: str, written: str) -> None:
    assert str(parse(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "anna", "@example.org", "anna@", "anna@@example.org", "anna@example..org", "anna@-example.org",
        "анна@example.org", "anna@[127.0.0.1]", '"anna maria"@example.org', "Anna <anna@example.org>",
        "anna@example.org, piotr@example.org", "anna@exam ple.org", "anna\0@example.org", "anna@example.org\0",
        "a" * 65 + "@example.org", "a@" + "b" * 64 + ".example", "a" * 60 + "@" + ".".join(["b" * 60] * 4),
    ],
)  # fmt: skip
def test_what_no_server_would_take_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        parse(text)


def test_two_spellings_of_one_mailbox_are_one() -> None:
    assert parse("Anna@Example.ORG").canonical == parse("anna@example.org").canonical
    assert parse("anna@ПОШТА.example").canonical == parse("ANNA@xn--80a1acn3a.example").canonical
    assert Address("Anna", "example.org") != Address("anna", "example.org")  # written to as it was typed
