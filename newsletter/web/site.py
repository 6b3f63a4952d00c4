"""The site: what all pages share, and how a template becomes an answer."""

from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse

from newsletter.languages import Language
from newsletter.letters.environment import environment
from newsletter.publication import Publication, moved, named_host
from newsletter.runtime import Runtime
from newsletter.web.places import Here, Place

READ = ["GET", "HEAD"]
"""The methods of a page: whoever may read it may ask for its headers."""

PUBLIC = {"Cache-Control": "public, max-age=60"}
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
"""Pages that a token opens are nobody's to keep or to list."""


class Site:
    """The pages of one publication."""

    neutral = False
    """Whether these are the pages under the discreet variant's own host."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._folder = runtime.settings.templates / "web"
        self.style = (self._folder / "static" / "style.css").read_bytes()
        # The name changes with the content, so a browser may keep the file for ever.
        self.style_name = f"style.{sha256(self.style).hexdigest()[:12]}.css"

    @property
    def publication(self) -> Publication:
        """The publication."""
        return self.runtime.publication

    @property
    def style_path(self) -> str:
        """Where pages find their style sheet."""
        return f"{urlsplit(self.publication.base_url).path}/static/{self.style_name}"

    def anywhere(self, tail: str) -> Place:
        """Return a place that exists in every language of the publication."""
        return Place(tail, self.publication.languages)

    def page(
        self,
        template: str,
        language: Language,
        place: Place,
        *,
        status: int = 200,
        private: bool = False,
        **values: Any,
    ) -> HTMLResponse:
        """Return the page that `template` makes of `values`.  A private one is neither kept nor listed."""
        text = (
            environment(self._folder, language)
            .get_template(template)
            .render(
                here=Here(self.publication, language, place),
                publication=self.publication,
                style=self.style_path,
                private=private,
                neutral=self.neutral,
                found=status < 400,
                **values,
            )
        )
        headers = {"Content-Language": language.code} | (PRIVATE if private else PUBLIC)
        return HTMLResponse(self.shown(text), status, headers=headers)

    def shown(self, text: str) -> str:
        """Return a page as it is to be seen under the host it was asked of."""
        return text


class NeutralSite(Site):
    """The same pages under the host that discreet letters lead to: none of them names the publication."""

    neutral = True

    @cached_property
    def publication(self) -> Publication:
        """The publication as the discreet variant shows it."""
        return self.runtime.publication.discreetly()

    def shown(self, text: str) -> str:
        """Return a page whose texts link to each other under this host, whichever they were written with."""
        return moved(text, self.runtime.publication.base_url, self.publication.base_url)


def site_at(request: Request) -> Site:
    """Return the site that a request is for, by its Host."""
    site: Site = request.app.state.site
    if named_host(request.headers.get("host", "")) == site.publication.neutral_host:
        site = request.app.state.neutral_site
    return site


async def site_of(request: Request) -> Site:
    """Return the site that a request is for.  Not a plain function: that would be given a thread, which costs more."""
    return site_at(request)


async def tongue_of(code: str, site: Annotated[Site, Depends(site_of)]) -> Language:
    """Return the language of a page by the first part of its path; any other word there is no page of ours."""
    for language in site.publication.languages:
        if language.code == code:
            return language
    raise HTTPException(404)


OfSite = Annotated[Site, Depends(site_of)]
Tongue = Annotated[Language, Depends(tongue_of)]
