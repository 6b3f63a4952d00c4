"""The words that a reader agrees to.  Whoever changes them raises the version; a test remembers which is which."""

from newsletter.languages import Language
from newsletter.publication import Publication

CONSENT = "1"
"""Version of the words in all languages; each consent names the one that was read."""

VOUCHED = "vouched"
"""Stands in place of a version where an operator vouches for somebody's consent (an import)."""


def _(text: str) -> str:
    return text


TEXT = _(
    "I want to get “%(name)s” at this address. Until I unsubscribe, the newsletter keeps my address, encrypted, and"
    " which edition I read. I know that what I read may say something about my political views."
)


def consent_text(publication: Publication, language: Language) -> str:
    """Return the words, in one language."""
    return language.words.gettext(TEXT) % {"name": publication.name[language.code]}
