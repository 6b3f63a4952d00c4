"""The publication: who writes, in which languages, for which editions, when.  One file, `publication.toml`."""

import re
import tomllib
from datetime import datetime, time, timedelta
from itertools import permutations
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)

from newsletter import addresses
from newsletter.errors import Faults, OperatorError
from newsletter.languages import Language, UnknownLanguage, language
from newsletter.weeks import Week, local_instant

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GENERAL = "general"
"""The folder and code of commentaries that belong to no section."""


class NoSuchEdition(OperatorError):
    """The publication has no edition of that code, or the edition no such order of languages."""


def _language(value: object) -> Language:
    if isinstance(value, Language):
        return value
    try:
        return language(str(value))
    except UnknownLanguage as error:
        raise ValueError(str(error)) from None


def _zone(value: object) -> ZoneInfo:
    try:
        return value if isinstance(value, ZoneInfo) else ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("no such time zone; write one like Europe/Minsk") from None


def _address(value: str) -> str:
    try:
        return str(addresses.parse(value))
    except addresses.InvalidAddress as error:
        raise ValueError(str(error)) from None


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("wants http://host or https://host")
    return value.rstrip("/")


def _one_line(value: str) -> str:
    if not value.strip() or any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise ValueError("wants one line of text")
    return value.strip()


def _in_every_language(value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    wanted = (info.context or {}).get("languages", ())
    missing = [code for code in wanted if code not in value]
    foreign = [code for code in value if wanted and code not in wanted]
    if missing or foreign:
        raise ValueError(
            "; ".join(
                [f"no text in {code}" for code in missing]
                + [f"{code} is not among the publication's languages" for code in foreign]
            )
        )
    return value


def _code(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise ValueError("wants lower-case letters, digits and hyphens")
    return value


LanguageField = Annotated[Language, BeforeValidator(_language)]
AddressField = Annotated[str, AfterValidator(_address)]
Line = Annotated[str, AfterValidator(_one_line)]
Texts = Annotated[dict[str, Line], AfterValidator(_in_every_language)]
Code = Annotated[str, Field(max_length=40), AfterValidator(_code)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)


class Section(_Model):
    """A standing subject of the publication."""

    code: Code
    name: Texts


class Sender(_Model):
    """Who the letters come from."""

    address: AddressField
    reply_to: AddressField | None = None
    name: Texts | None = None


class Discreet(_Model):
    """What an inbox list shows of the discreet variant: nothing of the publication."""

    sender_name: Texts
    subject: Texts
    address: AddressField | None = None
    base_url: Annotated[str, AfterValidator(_url)] | None = None


class Schedule(_Model):
    """When week N goes out: a local time on a weekday of the week itself or of the one after it."""

    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    time: time
    of: Literal["same", "next"] = "next"

    def goes_out_at(self, week: Week, zone: ZoneInfo) -> datetime:
        """Return the instant, in UTC, at which the digest of `week` is due."""
        monday = week.monday if self.of == "same" else week.plus(1).monday
        return local_instant(monday + timedelta(days=WEEKDAYS.index(self.weekday)), self.time, zone)

    def newest_due(self, now: datetime, zone: ZoneInfo) -> Week:
        """Return the newest week whose hour had come by `now`; weeks before it were due earlier."""
        week = Week.of(now.astimezone(zone).date())
        while self.goes_out_at(week, zone) > now:
            week = week.plus(-1)
        return week


class Edition(_Model):
    """For whom a digest is written: languages in the order they are tried, and who it comes from."""

    code: Code
    languages: Annotated[tuple[LanguageField, ...], Field(min_length=1)]
    name: Texts
    reorder: bool = False
    sender: Sender | None = None

    @property
    def orders(self) -> tuple[tuple[Language, ...], ...]:
        """Every order of languages a reader of this edition may ask for, the edition's own first."""
        return tuple(permutations(self.languages)) if self.reorder else (self.languages,)

    def order(self, codes: tuple[str, ...]) -> tuple[Language, ...]:
        """Return the order that `codes` names; none named means the edition's own.

        Raises
        NoSuchEdition: this edition does not offer that order.
        """
        for order in self.orders:
            if not codes or tuple(item.code for item in order) == codes:
                return order
        offered = " or ".join(",".join(item.code for item in order) for order in self.orders)
        raise NoSuchEdition(f"edition {self.code} has no order {','.join(codes)[:40]!r}; it offers {offered}")


def _unique(value: tuple[Any, ...]) -> tuple[Any, ...]:
    codes = [getattr(item, "code", item) for item in value]
    doubles = sorted({code for code in codes if codes.count(code) > 1})
    if doubles:
        raise ValueError(f"more than once: {', '.join(doubles)}")
    return value


class Publication(_Model):
    """One publication, whole."""

    name: Texts
    description: Texts
    languages: Annotated[tuple[LanguageField, ...], Field(min_length=1), AfterValidator(_unique)]
    time_zone: Annotated[ZoneInfo, BeforeValidator(_zone)]
    base_url: Annotated[str, AfterValidator(_url)]
    operator_email: AddressField
    approval: Literal["none", "one"] = "none"
    late_hours: Annotated[float, Field(gt=0, le=24 * 7)] = 24
    empty_week: Literal["notice", "quiet"] = "notice"
    sender: Sender
    discreet: Discreet
    schedule: Schedule
    sections: Annotated[tuple[Section, ...], Field(min_length=1), AfterValidator(_unique)]
    editions: Annotated[tuple[Edition, ...], Field(min_length=1), AfterValidator(_unique)]

    def edition(self, code: str) -> Edition:
        """Return the edition of that code.

        Raises
        NoSuchEdition: there is none; the text lists those there are.
        """
        for edition in self.editions:
            if edition.code == code:
                return edition
        known = ", ".join(edition.code for edition in self.editions)
        raise NoSuchEdition(f"no such edition: {code[:40]!r}; there are: {known}")

    def goes_out_at(self, week: Week) -> datetime:
        """Return the instant, in UTC, at which the digest of `week` is due."""
        return self.schedule.goes_out_at(week, self.time_zone)


def load_publication(path: Path, *, base_url: str | None = None) -> Publication:
    """Read `publication.toml`; `base_url` overrides the file's.

    Raises
    Faults: every fault of the file at once, each with the file and the key it stands under.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Faults([f"{path}: {error.strerror}; set NEWSLETTER_PUBLICATION"]) from None
    except UnicodeDecodeError:
        raise Faults([f"{path}: not UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise Faults([f"{path}: {error}"]) from None
    if base_url is not None:
        data["base_url"] = base_url
    codes = data.get("languages")
    context = {"languages": codes if isinstance(codes, list) else ()}
    try:
        publication = Publication.model_validate(data, context=context)
    except ValidationError as error:
        raise Faults(
            [
                f"{path}: {'.'.join(str(part) for part in fault['loc'])}: {fault['msg'].removeprefix('Value error, ')}"
                for fault in error.errors(include_input=False, include_url=False)
            ]
        ) from None
    return publication
