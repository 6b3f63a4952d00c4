"""Logging: plain lines on stderr, and no address in any of them, whoever wrote it."""

import logging
import re
import sys

ADDRESS = re.compile(r"[^\s<>\"(),:;]+(?:@|%40)[^\s<>\"'(),:;/]+")
"""Rather too much than too little: a local part may hold `'`, `=` and `/`."""


class Scrubbed(logging.Formatter):
    """Writes a record, its traceback too, without anything that looks like an address (or a URL's password)."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line(s).

        >>> record = logging.makeLogRecord({"msg": "no %s here", "args": ("anna@example.org",), "levelname": "INFO"})
        >>> Scrubbed("%(message)s").format(record)
        'no <…> here'
        """
        return ADDRESS.sub("<…>", super().format(record))


def configure_logging(level: str) -> None:
    """Send everything from `level` up to stderr, scrubbed."""
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(Scrubbed("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[out], force=True)
    logging.getLogger("alembic").setLevel("WARNING")  # each start looks at the schema; only a change is news
