"""Reading `publication.toml`."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from newsletter.errors import Faults
from newsletter.languages import known
from newsletter.publication.model import Publication

PLAIN = {"missing": "is missing", "extra_forbidden": "no such key"}


def load_publication(path: Path, *, base_url: str | None = None, discreet_base_url: str | None = None) -> Publication:
    """Read `publication.toml`; `base_url` and `discreet_base_url` override the file's.

    Raises
    Faults: every fault of the file at once, each with the file and the key it stands under.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Faults([f"{path}: {error.strerror}; set NEWSLETTER_PUBLICATION"]) from None
    except UnicodeDecodeError:
        raise Faults([f"{path}: not UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise Faults([f"{path}: {error}"]) from None
    except RecursionError:
        raise Faults([f"{path}: nested too deep"]) from None
    if base_url is not None:
        data["base_url"] = base_url
    if discreet_base_url is not None and isinstance(data.get("discreet"), dict):
        data["discreet"]["base_url"] = discreet_base_url
    codes = data.get("languages")
    # A language that nobody knows is one fault, not one for every text.
    context = {"languages": [code for code in codes if code in known()] if isinstance(codes, list) else ()}
    try:
        publication = Publication.model_validate(data, context=context)
    except ValidationError as error:
        raise Faults([f"{path}: {fault}" for fault in _told(error)]) from None
    return publication


def _told(error: ValidationError) -> list[str]:
    faults = error.errors(include_input=False, include_url=False)
    deeper = [fault["loc"] for fault in faults if fault["type"] != "too_short"]
    told: list[str] = []
    for fault in faults:
        place = fault["loc"]
        # A list that lost its one wrong member is not too short besides.
        if fault["type"] == "too_short" and any(loc[: len(place)] == place and loc != place for loc in deeper):
            continue
        said = PLAIN.get(fault["type"], fault["msg"].removeprefix("Value error, "))
        told.append(": ".join(filter(None, [".".join(str(part) for part in place), said])))
    return told
