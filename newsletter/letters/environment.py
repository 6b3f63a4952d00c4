"""The Jinja2 environment: templates of one folder in the words of one language."""

from functools import cache, partial
from pathlib import Path
from textwrap import fill

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

import newsletter
from newsletter.digest import Outlook
from newsletter.languages import Language
from newsletter.letters.body import body_html
from newsletter.letters.plain import body_text
from newsletter.publication import Publication
from newsletter.weeks import Week

GLYPHS = {Outlook.BETTER: "▲", Outlook.UNCHANGED: "■", Outlook.WORSE: "▼"}
"""Shapes say what colours say, to whoever sees none; no mail reader draws these three as pictures."""


def templates(name: str) -> Path:
    """Return a folder of templates: inside the package when installed, beside it in a checkout."""
    package = Path(newsletter.__file__).parent
    inside = package / "templates" / name
    return inside if inside.is_dir() else package.parent / "templates" / name


@cache
def environment(folder: Path, language: Language) -> Environment:
    """Return the environment for the templates of `folder`, with `language`'s words and filters.

    `.html` and `.xml` are escaped, other files are not; a name that nobody gave is an error.  Filters: `label`,
    `glyph`, `section_name(publication)`, `written`, `language_name`, `body_html`, `body_text`, `wrapped`.
    """
    found = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(["html", "xml"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    found.install_gettext_translations(language.words, newstyle=True)  # type: ignore[attr-defined]
    found.globals["language"] = language
    found.filters |= {
        "label": partial(label, language=language),
        "glyph": GLYPHS.__getitem__,
        "section_name": partial(section_name, language=language),
        "written": partial(Week.written, language=language),
        "language_name": partial(language_name, language=language),
        "body_html": body_html,
        "body_text": body_text,
        "wrapped": wrapped,
    }
    return found


def label(outlook: Outlook, language: Language) -> str:
    """Return an outlook as a word: Outlook.BETTER is "лепш" in Belarusian."""
    pgettext = language.words.pgettext
    return {
        Outlook.BETTER: pgettext("outlook", "better"),
        Outlook.UNCHANGED: pgettext("outlook", "unchanged"),
        Outlook.WORSE: pgettext("outlook", "worse"),
    }[outlook]


def section_name(code: str | None, publication: Publication, language: Language) -> str:
    """Return the name of a section; None is the general one, and one the publication has dropped keeps its code."""
    if code is None:
        return language.words.pgettext("section", "General")
    for section in publication.sections:
        if section.code == code:
            return section.name[language.code]
    return code


def language_name(other: Language, language: Language) -> str:
    """Return what `language` calls the other one: "русский" for Russian in Russian."""
    return Locale(other.code).get_display_name(language.code) or other.code


def wrapped(text: str, width: int = 72) -> str:
    """Return one paragraph as lines of `width` characters; longer words (links) stay whole."""
    return fill(text, width, break_long_words=False, break_on_hyphens=False)
