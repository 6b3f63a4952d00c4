"""The web's door: the public pages, and what a link in a letter opens."""

from fastapi import FastAPI

from newsletter.runtime import runtime
from newsletter.web.app import create_app
from newsletter.web.serve import server

__all__ = ["app", "create_app", "server"]


def app() -> FastAPI:
    """Return the pages over the resources of this process: what `uvicorn newsletter.web:app --factory` serves."""
    return create_app(runtime())
