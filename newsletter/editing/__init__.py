"""Editing: commentaries from files into the store."""

from newsletter.editing.load import Change, LoadReport, load
from newsletter.editing.tree import read_tree

__all__ = ["Change", "LoadReport", "load", "read_tree"]
