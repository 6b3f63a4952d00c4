"""A folder of commentaries: `commentaries/<week>/<section>/<slug>.<lang>.md`, read whole or refused whole."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter.digest import Commentary, Translation
from newsletter.editing.front_matter import Manuscript, Misread, read_manuscript
from newsletter.errors import Faults
from newsletter.publication import GENERAL, Publication
from newsletter.weeks import NoSuchWeek, Week

FOLDER = "commentaries"
NAME = re.compile(r"(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)\.(?P<language>[a-z]{2,8})\.md", re.ASCII)
LONGEST_SLUG = 80


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
    """Return the commentaries under `path`, by week.

    Raises
    Faults: everything that is wrong, a line each: file, line, what.
    """
    root = path if path.name == FOLDER else path / FOLDER
    if not root.is_dir():
        raise Faults([f"{path}: has no folder {FOLDER}/<week>/<section>/<slug>.<lang>.md"])
    faults: list[str] = []
    found = list(_read_files(root, publication, faults))
    weeks: dict[Week, dict[str, list[_Found]]] = {}
    for item in found:
        weeks.setdefault(item.week, {}).setdefault(item.slug, []).append(item)
    read = {week: [_unite(items, faults) for items in slugs.values()] for week, slugs in weeks.items()}
    if not found and not faults:
        faults.append(f"{root}: holds no commentary")
    if faults:
        raise Faults(faults)
    return read


def _read_files(root: Path, publication: Publication, faults: list[str]) -> Iterator[_Found]:
    sections = {section.code for section in publication.sections} | {GENERAL}
    languages = {language.code for language in publication.languages}
    for path in sorted(root.rglob("*.md")):
        if any(part.startswith(".") for part in path.relative_to(root).parts):
            continue
        parts = path.relative_to(root).parts
        name = NAME.fullmatch(path.name)
        if len(parts) != 3 or not name or len(name["slug"]) > LONGEST_SLUG:
            faults.append(f"{path}: wants {FOLDER}/<week>/<section>/<slug>.<lang>.md, the slug like arms-industry")
            continue
        try:
            week = Week.parse(parts[0])
        except NoSuchWeek as error:
            faults.append(f"{path}: {error}")
            continue
        if parts[1] not in sections:
            faults.append(f"{path}: no such section: {parts[1][:40]!r}; there are {', '.join(sorted(sections))}")
            continue
        if name["language"] not in languages:
            faults.append(f"{path}: no such language: {name['language']!r}; there are {', '.join(sorted(languages))}")
            continue
        try:
            manuscript = read_manuscript(path.read_bytes())
        except Misread as misread:
            faults += [f"{path}:{line}: {fault}" for line, fault in misread.faults]
        except OSError as error:
            faults.append(f"{path}: {error.strerror}")
        else:
            yield _Found(path, week, parts[1], name["slug"], name["language"], manuscript)


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
