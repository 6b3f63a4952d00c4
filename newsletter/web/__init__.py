"""The web's door: the public pages, and what a link in a letter opens."""

from newsletter.web.app import create_app
from newsletter.web.serve import server

__all__ = ["create_app", "server"]
