"""Health: whether the pages can do their work; nothing about how."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from newsletter.store.digests import ONGOING, weeks_in
from newsletter.web.site import READ, OfSite

router = APIRouter()


@router.api_route("/healthz", methods=READ)
def health(site: OfSite) -> JSONResponse:
    """Answer 200 when the database answers with our tables, else 503."""
    fresh = {"Cache-Control": "no-store"}
    try:
        with site.runtime.database.reading() as session:
            weeks_in(session, ONGOING)
    except Exception:  # whatever is wrong with it: it does not answer, and a stranger learns no more
        return JSONResponse({"status": "unavailable"}, 503, fresh)
    return JSONResponse({"status": "ok"}, 200, fresh)
