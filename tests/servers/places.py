"""Where test servers put their files."""

import tempfile
from pathlib import Path


def short_directory(name: str) -> Path:
    """Make a new folder with a short path: a unix socket's takes at most 107 characters, and `nobody` must reach it."""
    return Path(tempfile.mkdtemp(prefix=f"newsletter-{name}-", dir="/tmp"))
