"""The feed (Atom, RFC 4287): the newest issues, whole, for whoever reads along without leaving an address."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

from fastapi import APIRouter, Request
from fastapi.responses import Response

from newsletter.digest import Entry, Reading
from newsletter.languages import Language
from newsletter.letters.environment import environment
from newsletter.letters.headers import ascii_url
from newsletter.letters.links import Links
from newsletter.publication import Publication
from newsletter.publishing import published_weeks
from newsletter.store import Session
from newsletter.store.archive import outlines
from newsletter.store.audit import CORRECTED, last_done, set_up_at
from newsletter.store.digests import planned_at
from newsletter.web.reading.published import absent_from, digest_of_week, order_of
from newsletter.web.site import PUBLIC, READ, OfSite, Tongue

NEWEST = 20
"""Issues in a feed: who was away for four months misses nothing."""

FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold, not even escaped (XML 1.0, section 2.2)."""

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Issue:
    """A published week as the feed tells it.  `published` and `updated` are instants as RFC 3339 writes them."""

    id: str
    published: str
    updated: str
    reading: Reading
    links: Links
    absent: tuple[tuple[Entry, ...], ...]


@router.api_route("/{code}/feed.xml", methods=READ)
def feed(language: Tongue, request: Request, site: OfSite) -> Response:
    """Give the feed, or 304 to a reader that has it as it is (RFC 9110, section 13.1.2)."""
    with site.runtime.database.reading() as session:
        issues = newest(session, site.publication, language)
        since = set_up_at(session) or datetime.fromtimestamp(0, UTC)
    text = written(site.publication, site.runtime.settings.templates, language, issues, since=since)
    body = site.shown(text).encode()
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = PUBLIC | {"ETag": tag, "Content-Language": language.code}
    known = ",".join(request.headers.getlist("if-none-match"))
    # Weak tags count too: a proxy that compresses our answers has made them of ours.
    if known.strip() == "*" or tag in re.findall('"[^"]*"', known):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/atom+xml; charset=utf-8")


def written(
    publication: Publication, templates: Path, language: Language, issues: list[Issue], *, since: datetime
) -> str:
    """Return the feed; the same as long as nothing in it has changed.  An empty one was updated `since`."""
    template = environment(templates / "web", language).get_template("feed.xml")
    text = template.render(
        publication=publication,
        id=name_of(publication, language.code),
        home=f"{ascii_url(publication.base_url)}/{language}/",
        updated=max((issue.updated for issue in issues), default=instant(since)),
        issues=issues,
    )
    return FORBIDDEN.sub("", text)


def newest(session: Session, publication: Publication, language: Language) -> list[Issue]:
    """Return the newest published weeks that have something for `language`, as far back as a feed goes."""
    order = order_of(publication, language)
    codes = {item.code for item in order}
    weeks = published_weeks(session, publication)
    found = outlines(session, weeks)
    chosen = [week for week in weeks if any(not codes.isdisjoint(item.languages) for item in found.get(week, []))]
    sent, corrected = planned_at(session), last_done(session, CORRECTED)
    issues = []
    for week in chosen[:NEWEST]:
        reading = digest_of_week(session, publication, week).read_in(order)
        published = sent.get(week) or publication.goes_out_at(week)
        issues.append(
            Issue(
                id=name_of(publication, f"{language}/{week}"),
                published=instant(published),
                updated=instant(max(published, corrected.get(str(week), published))),
                reading=reading,
                links=Links(publication.base_url, language, week),
                absent=absent_from(publication, reading),
            )
        )
    return issues


def name_of(publication: Publication, tail: str) -> str:
    """Return an id that lasts (RFC 4287, section 4.2.6).

    It is made from the domain of the sender, as the names of the lists are: a site that is blocked moves to another
    host, and no feed reader must take twenty old issues for new ones.
    """
    return uuid5(uuid5(NAMESPACE_DNS, publication.sender.address.rpartition("@")[2]), tail).urn


def instant(moment: datetime) -> str:
    """Return an instant as RFC 3339 writes it, in UTC, to the second: in this form the later one sorts last."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
