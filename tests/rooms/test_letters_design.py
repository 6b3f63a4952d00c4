"""What anybody's eyes need: contrast in light and dark, sizes, no letter that only colour tells."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html as lxml_html

from newsletter.digest import Variant
from newsletter.letters import Letter, templates, write, write_notice
from tests.letters import sample
from tests.letters.notes import TOKENS, note

FOLDER: Path = templates("email")
STYLES = ("styles.css", "screens.css", "outlook.css")
COLOUR = re.compile(r"#[0-9a-f]{6}")
DECLARATION = re.compile(r"(?<![-\w])color: (#[0-9a-f]{6})")


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, WCAG 2.2: 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def rules(name: str) -> dict[str, str]:
    css = (FOLDER / name).read_text("utf-8")
    return {selector.strip(): body for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css)}


def ground(name: str, prefix: str = "") -> str:
    return str(COLOUR.findall(rules(name)[f"{prefix}.sheet"])[0])


@pytest.mark.parametrize(("name", "prefix"), [("styles.css", ""), ("screens.css", ""), ("outlook.css", "[data-ogsb] ")])
def test_every_text_has_contrast_enough_on_the_sheet(name: str, prefix: str) -> None:
    sheet = ground(name, prefix)
    colours = [(selector, colour) for selector, body in rules(name).items() for colour in DECLARATION.findall(body)]
    assert len(colours) > 5
    button = COLOUR.findall(rules(name)[f"{prefix}.button"])[0]
    ratios = {
        selector: round(contrast(colour, button if selector.endswith(".push") else sheet), 1)
        for selector, colour in colours
    }
    assert {selector: ratio for selector, ratio in ratios.items() if ratio < 4.5} == {}


def test_dark_mode_and_outlook_turn_every_colour_of_text() -> None:
    def coloured(name: str) -> set[str]:
        found = [selector for selector, body in rules(name).items() if DECLARATION.search(body)]
        return {part.strip().removeprefix("[data-ogsc] ") for selector in found for part in selector.split(",")}

    assert coloured("styles.css") - coloured("screens.css") == set()
    assert coloured("styles.css") - coloured("outlook.css") == set()


def test_no_text_is_smaller_than_14_pixels() -> None:
    for name in ("styles.css", "screens.css"):
        sizes = [int(size) for size in re.findall(r"font-size: (\d+)px", (FOLDER / name).read_text("utf-8"))]
        assert min(sizes) >= 14
        assert len(sizes) == (FOLDER / name).read_text("utf-8").count("font-size")


def test_every_class_in_use_has_a_rule_and_every_rule_a_use() -> None:
    publication = sample.publication()
    edition = publication.edition("be-ru")
    letter = write(sample.digest(), publication, edition, edition.languages, Variant.FULL)
    notes = "".join(note(publication, name, sample.BE).html or "" for name in TOKENS)
    html = f"{letter.html}{write_notice(publication, 'late', {}).html}{notes}"
    used = {name for found in re.findall(r'class="([^"]*)"', html) for name in found.split()}
    ruled = {name for css in STYLES for name in re.findall(r"\.([a-z][\w-]*)", " ".join(rules(css)))}
    assert used == ruled


def test_headings_are_in_order_and_there_is_one_title() -> None:
    publication = sample.publication()
    edition = publication.edition("be-ru")
    for letter in (
        write(sample.digest(), publication, edition, edition.languages, Variant.FULL),
        *(note(publication, name, sample.BE) for name in TOKENS),
    ):
        _check_headings(letter)


def _check_headings(letter: Letter) -> None:
    page = lxml_html.document_fromstring(letter.html or "")
    levels = [int(item.tag[1]) for item in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.findtext("head/title") == letter.subject
