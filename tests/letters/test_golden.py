"""Letters are what they were, octet by octet; after a wanted change, `python -m tests.letters.rewrite`."""

from difflib import unified_diff

from tests.letters.golden import GOLDEN, files, letters

BUDGET = 80_000
"""Octets of decoded HTML; Gmail clips at about 102 KB and shows no leave link below."""


def test_letters_are_what_the_golden_files_say() -> None:
    made = files()
    kept = {path.name: path.read_text("utf-8") for path in GOLDEN.iterdir()}
    differing = [name for name in sorted(made.keys() | kept.keys()) if made.get(name) != kept.get(name)]
    diff = [
        line
        for name in differing
        for line in unified_diff(
            kept.get(name, "").splitlines(), made.get(name, "").splitlines(), name, f"{name} now", lineterm="", n=0
        )
    ]
    assert not differing, "\n".join(["python -m tests.letters.rewrite, if this is wanted:", *diff[:60]])


def test_every_letter_of_the_sample_week_keeps_the_budget() -> None:
    assert {name: letter.bytes_html for name, letter in letters() if letter.bytes_html > BUDGET} == {}
