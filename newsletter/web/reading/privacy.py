"""The privacy page: what is kept and how long, what is not, and what others can see."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from newsletter.languages import Language, language
from newsletter.letters.environment import environment
from newsletter.store.note_retention import NOTE_DAYS
from newsletter.store.received import KEPT, REVIEW_KEPT
from newsletter.subscribing import ACCESS_HOURS, ASKING_DAYS
from newsletter.web.places import Here
from newsletter.web.site import READ, OfSite, Site, Tongue
from newsletter.windows import HOUR

LAST_RESORT = language("en")

router = APIRouter()


@router.api_route("/{code}/privacy", methods=READ)
def privacy(language: Tongue, site: OfSite) -> HTMLResponse:
    """Show it, in the page's language or in one that it has been written in."""
    place = site.anywhere("privacy")
    told_in = written_in(site, language)
    folder = site.runtime.settings.templates / "web"
    text = (
        environment(folder, told_in)
        .get_template(f"privacy/{told_in}.html")
        .render(
            here=Here(site.publication, language, place),
            publication=site.publication,
            name=site.publication.name.get(told_in.code, site.publication.name[language.code]),
            asking=days(ASKING_DAYS, told_in),
            note=days(NOTE_DAYS, told_in),
            report=days(KEPT.days, told_in),
            review=days(REVIEW_KEPT.days, told_in),
            access=hours(ACCESS_HOURS, told_in),
            window=hours(HOUR // 3600, told_in),
        )
    )
    # Escaped by its own template already.
    return site.page("privacy.html", language, place, text=Markup(text), told_in=told_in)  # noqa: S704


def written_in(site: Site, language: Language) -> Language:
    """Return the language to show it in: the page's, else the first of the publication's that there is a text in.

    A publication may add a language to its catalogues before anybody has written this page in it.
    """
    there = {path.stem for path in (site.runtime.settings.templates / "web" / "privacy").glob("*.html")}
    return next((item for item in (language, *site.publication.languages) if item.code in there), LAST_RESORT)


def days(number: int, language: Language) -> str:
    """Return how long: "7 days", as it stands after "for" in that language."""
    npgettext = language.words.npgettext
    return npgettext("duration", "%(num)s day", "%(num)s days", number) % {"num": number}


def hours(number: int, language: Language) -> str:
    """Return how long: "1 hour", as it stands after "for" in that language."""
    npgettext = language.words.npgettext
    return npgettext("duration", "%(num)s hour", "%(num)s hours", number) % {"num": number}
