"""The inbox page: every mail the catch-all server has taken, shown safely.

A mail is somebody else's HTML: it is shown in a frame that may run nothing and load nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from newsletter.embedded.maildir import Mail, Maildir, read

ON_A_PAGE = 200
PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def inbox_app(folder: Maildir, templates: Path) -> FastAPI:
    """Return the web application over a folder of mails; `templates` holds its pages."""
    app = FastAPI(openapi_url=None)
    # Another site must not read the mail through a name of its own that points here.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    pages = Jinja2Templates(directory=templates)
    pages.env.filters["size"] = size
    style = (templates / "inbox.css").read_text(encoding="utf-8")

    def mail(name: str) -> Mail:
        source = folder.source(name)
        if source is None:
            raise HTTPException(404, "no such mail")
        return read(name, source)

    @app.middleware("http")
    async def quietly(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.get("/")
    def index(request: Request, page: int = 1) -> Response:
        names = folder.names()
        last = max(1, -(-len(names) // ON_A_PAGE))
        page = min(max(page, 1), last)
        shown = list(folder.heads(names[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]))
        return pages.TemplateResponse(
            request, "list.html", {"mails": shown, "count": len(names), "page": page, "last": last}
        )

    @app.get("/mail/{name}")
    def one(request: Request, name: str, view: Literal["html", "text", "headers", "source"] | None = None) -> Response:
        shown = mail(name)
        chosen = view or ("html" if shown.html is not None else "text")
        return pages.TemplateResponse(request, "mail.html", {"mail": shown, "view": chosen})

    @app.get("/mail/{name}/html")
    def html(name: str) -> Response:
        return HTMLResponse(mail(name).html or "", headers={"Content-Security-Policy": MAIL_POLICY})

    @app.get("/mail/{name}/mail.eml")
    def download(name: str) -> Response:
        source = folder.source(name)
        if source is None:
            raise HTTPException(404, "no such mail")
        disposition = {"Content-Disposition": f'attachment; filename="{name}.eml"'}
        return Response(source, media_type="message/rfc822", headers=disposition)

    @app.get("/messages.json")
    def messages() -> list[dict[str, Any]]:
        return [asdict(head) for head in folder.heads(folder.names())]

    @app.get("/inbox.css")
    def stylesheet() -> Response:
        return Response(style, media_type="text/css")

    return app


def size(octets: int) -> str:
    """Return a size as people write it.

    >>> size(900), size(70_000)
    ('900 B', '70 KB')
    """
    return f"{octets} B" if octets < 1000 else f"{octets / 1000:.0f} KB"
