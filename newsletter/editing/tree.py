"""A folder of commentaries: `commentaries/<week>/<section>/<slug>.<lang>.md`, read whole or refused whole."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from newsletter.digest import Commentary, Translation
from newsletter.editing.front_matter import LARGEST, Manuscript, read_manuscript
from newsletter.editing.misread import Misread
from newsletter.errors import Faults
from newsletter.publication import GENERAL, Publication
from newsletter.weeks import NoSuchWeek, Week

FOLDER = "commentaries"
NAME = re.compile(r"(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)\.(?P<language>[a-z]{2,8})\.md", re.ASCII)
LONGEST_SLUG = 80
TEXT = re.compile(r"\.(md|markdown|mdown|txt)$", re.IGNORECASE)
"""What an editor may have meant for a commentary: passing over one would be taken for its removal."""


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    week: Week
    section: str
    slug: str
    language: str
    manuscript: Manuscript

    def at(self, key: str) -> str:
        return f"{self.path}:{self.manuscript.lines.get(key, 1)}"


def read_tree(path: Path, publication: Publication) -> dict[Week, list[Commentary]]:
    """Return the commentaries under `path`, by week; a week's folder that is empty stands for a week without any.

    Raises
    Faults: everything that is wrong, a line each: file, line, what.
    """
    roots = _roots(path)
    if not roots:
        raise Faults([f"{path}: has no folder {FOLDER}/<week>/<section>/<slug>.<lang>.md"])
    faults: list[str] = []
    found = [
        item for root in roots for file in _files(root, faults) if (item := _read(file, root, publication, faults))
    ]
    weeks: dict[Week, dict[str, list[_Found]]] = {week: {} for root in roots for week in _weeks(root)}
    for item in found:
        weeks.setdefault(item.week, {}).setdefault(item.slug, []).append(item)
    read = {week: [_unite(items, faults) for items in slugs.values()] for week, slugs in weeks.items()}
    if not found and not faults:
        faults.append(f"{roots[0]}: holds no commentary")
    if faults:
        raise Faults(faults)
    return read


def _roots(path: Path) -> list[Path]:
    """Return the folders of commentaries at `path` or anywhere below it, hidden ones aside."""
    if path.name == FOLDER and path.is_dir():
        return [path]
    found: list[Path] = []
    for folder, folders, _ in os.walk(path):
        if FOLDER in folders:
            found.append(Path(folder, FOLDER))
        folders[:] = [name for name in folders if not name.startswith(".") and name != FOLDER]
    return sorted(found)


def _files(root: Path, faults: list[str]) -> list[Path]:
    """Return what is there to be read; hidden files, and whatever else is no text, are nobody's commentary."""

    def unreadable(error: OSError) -> None:
        # A folder that cannot be listed is no empty one: its commentaries would be taken for removed.
        faults.append(f"{error.filename}: {error.strerror}")

    found: list[Path] = []
    for folder, folders, names in os.walk(root, onerror=unreadable, followlinks=True):
        circles = [name for name in folders if _leads_back(folder, name)]
        faults += [f"{Path(folder, name)}: a link that leads back to where it lies" for name in circles]
        folders[:] = [name for name in folders if not name.startswith(".") and name not in circles]
        found += [Path(folder, name) for name in names if not name.startswith(".") and TEXT.search(name)]
    return sorted(found)


def _leads_back(folder: str, name: str) -> bool:
    """Say whether a folder is a link to one that it lies in: the walk would never end."""
    path = Path(folder, name)
    return path.is_symlink() and Path(folder).resolve().is_relative_to(path.resolve())


def _weeks(root: Path) -> Iterator[Week]:
    for folder in root.iterdir():
        with suppress(NoSuchWeek):
            if folder.is_dir():
                yield Week.parse(folder.name)


def _read(path: Path, root: Path, publication: Publication, faults: list[str]) -> _Found | None:
    parts = path.relative_to(root).parts
    name = NAME.fullmatch(path.name)
    if len(parts) != 3 or not name or len(name["slug"]) > LONGEST_SLUG:
        faults.append(f"{path}: wants {FOLDER}/<week>/<section>/<slug>.<lang>.md, the slug like arms-industry")
        return None
    sections = {section.code for section in publication.sections} | {GENERAL}
    languages = {language.code for language in publication.languages}
    wrong: list[str] = []
    try:
        week = Week.parse(parts[0])
    except NoSuchWeek as error:
        wrong.append(f"{path}: {error}")
    if parts[1] not in sections:
        wrong.append(f"{path}: no such section: {parts[1][:40]!r}; there are {', '.join(sorted(sections))}")
    if name["language"] not in languages:
        wrong.append(f"{path}: no such language: {name['language']!r}; there are {', '.join(sorted(languages))}")
    try:
        manuscript = read_manuscript(_octets(path))
    except Misread as misread:
        wrong += [f"{path}:{line}: {fault}" for line, fault in misread.faults]
    except OSError as error:
        wrong.append(f"{path}: {error.strerror}")
    if wrong:
        faults += wrong
        return None
    return _Found(path, week, parts[1], name["slug"], name["language"], manuscript)


def _octets(path: Path) -> bytes:
    if not path.is_file():
        raise Misread([(1, "not a file")])  # a pipe would never end
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _unite(items: list[_Found], faults: list[str]) -> Commentary:
    first = items[0]
    texts: dict[str, Translation] = {}
    positions: dict[int, _Found] = {}
    for item in items:
        if item.section != first.section:
            faults.append(f"{item.path}: {item.slug} is in the section {first.section} too: {first.path}")
        elif item.manuscript.outlook != first.manuscript.outlook:
            faults.append(
                f"{item.at('outlook')}: outlook {item.manuscript.outlook} differs from {first.manuscript.outlook} "
                f"in {first.at('outlook')}"
            )
        if item.manuscript.position is not None:
            positions.setdefault(item.manuscript.position, item)
        texts[item.language] = item.manuscript.translation
    if len(positions) > 1:
        one, other = list(positions.items())[:2]
        faults.append(
            f"{other[1].at('position')}: position {other[0]} differs from {one[0]} in {one[1].at('position')}"
        )
    return Commentary(
        slug=first.slug,
        section=None if first.section == GENERAL else first.section,
        position=next(iter(positions), 0),
        outlook=first.manuscript.outlook,
        translations=dict(sorted(texts.items())),
    )
