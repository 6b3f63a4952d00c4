"""What the fields of a publication may hold.  A fault says what is wanted; those of one table are all told at once."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from newsletter import addresses
from newsletter.languages import Language, UnknownLanguage, language
from newsletter.settings import public_url

PLACEHOLDERS = ("{week}", "{number}")
PLACEHOLDER = re.compile(r"\{[^{}]*\}?|\}")


class Part(BaseModel):
    """A table of the file: closed, so that a key with a slip in it is a fault and not a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)


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
    except (ZoneInfoNotFoundError, ValueError, OSError):  # `Europe` is a folder of zones, and opened as one
        raise ValueError("no such time zone; write one like Europe/Minsk") from None


def _address(value: str) -> str:
    try:
        return str(addresses.parse(value))
    except addresses.InvalidAddress as error:
        raise ValueError(str(error)) from None


def _one_line(value: str) -> str:
    if not value.strip() or any(ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029" for char in value):
        raise ValueError("wants one line of text")
    return value.strip()


def _code(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise ValueError("wants lower-case letters, digits and hyphens")
    return value


def _foreign(codes: list[str], info: ValidationInfo) -> list[str]:
    known = (info.context or {}).get("languages", ())
    return [f"{code} is not among the publication's languages" for code in codes if known and code not in known]


def _in_every_language(value: object, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    faults: list[str] = []
    if isinstance(value, dict):
        wanted = (info.context or {}).get("languages", ())
        faults = [f"no text in {code}" for code in wanted if code not in value]
        faults += _foreign([str(code) for code in value], info)
    return _beside(faults, value, validate)


def _of_the_publication(value: tuple[Language, ...], info: ValidationInfo) -> tuple[Language, ...]:
    if faults := _foreign([item.code for item in value], info):
        raise ValueError("; ".join(faults))
    return value


def _known_placeholders(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    texts = value.values() if isinstance(value, dict) else ()
    strange = [found for text in texts for found in PLACEHOLDER.findall(str(text)) if found not in PLACEHOLDERS]
    faults = [f"there is only {' and '.join(PLACEHOLDERS)}, not {', '.join(strange)}"] if strange else []
    return _beside(faults, value, validate)


def unique(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    """Refuse a list in which two have the same code."""
    items = value if isinstance(value, (list, tuple)) else ()
    codes = [item.get("code") if isinstance(item, dict) else getattr(item, "code", item) for item in items]
    doubles = sorted({code for code in codes if isinstance(code, str) and codes.count(code) > 1})
    return _beside([f"more than once: {', '.join(doubles)}"] if doubles else [], value, validate)


def _beside(faults: list[str], value: object, validate: ValidatorFunctionWrapHandler) -> object:
    # Pydantic stops at the first validator of a field that fails; whoever mends a file wants to hear all of them.
    if not faults:
        return validate(value)
    found = [_fault("; ".join(faults))]
    try:
        validate(value)
    except ValidationError as error:
        found += [_fault(one["msg"], one["loc"]) for one in error.errors(include_url=False)]
    raise ValidationError.from_exception_data("faults", found)


def _fault(text: str, place: tuple[int | str, ...] = ()) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("fault", "{text}", {"text": text}), loc=place, input=None)


LanguageField = Annotated[Language, BeforeValidator(_language)]
Order = Annotated[
    tuple[LanguageField, ...], Field(min_length=1), AfterValidator(_of_the_publication), WrapValidator(unique)
]
ZoneField = Annotated[ZoneInfo, BeforeValidator(_zone)]
AddressField = Annotated[str, AfterValidator(_address)]
UrlField = Annotated[str, AfterValidator(public_url)]
Line = Annotated[str, AfterValidator(_one_line)]
Texts = Annotated[dict[str, Line], WrapValidator(_in_every_language)]
Subject = Annotated[Texts, WrapValidator(_known_placeholders)]
Code = Annotated[str, Field(max_length=40), AfterValidator(_code)]
