"""The command line: results to stdout, progress to stderr, and an exit code that says how it went."""

from newsletter.cli.main import main

__all__ = ["main"]
