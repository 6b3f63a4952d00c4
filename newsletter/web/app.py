"""The application: pages, shields, and what is answered when there is no page."""

from fastapi import FastAPI

from newsletter.runtime import Runtime
from newsletter.web import health, lost, robots, static, webhooks
from newsletter.web.readers import confirm, leave, me, preferences, subscribe
from newsletter.web.reading import archive, commentaries, feed, home, privacy, sections, text, weeks
from newsletter.web.shields import Shields
from newsletter.web.site import NeutralSite, Site
from newsletter.web.unlisted import Unlisted

PAGES = (
    *(health, static, robots, home, feed, privacy, archive, sections),
    *(subscribe, confirm, leave, preferences, me),
    webhooks,
    *(text, weeks, commentaries),
)
"""In this order: the patterns of the last two match what stands before them."""


def create_app(runtime: Runtime) -> FastAPI:
    """Return the public pages over the opened resources of this process."""
    # Redirects of missing slashes are ours to make: the framework's name the host that the request came with.
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.site = Site(runtime)
    app.state.neutral_site = NeutralSite(runtime)
    app.add_middleware(Unlisted, publication=lambda: runtime.publication)
    app.add_middleware(Shields)
    lost.add_answers(app)
    for page in PAGES:
        app.include_router(page.router)
    return app
