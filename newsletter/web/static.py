"""The style sheet: all that a page loads."""

from fastapi import APIRouter, HTTPException, Response

from newsletter.web.site import READ, OfSite

router = APIRouter()


@router.api_route("/static/{name}", methods=READ)
def style(name: str, site: OfSite) -> Response:
    """Give the style sheet under the name that its content has."""
    if name != site.style_name:
        raise HTTPException(404)
    return Response(site.style, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000, immutable"})
