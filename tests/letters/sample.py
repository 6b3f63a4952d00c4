"""A small publication and digest for tests: a fallback, an omission, two outlooks in one section."""

from datetime import UTC, datetime

from newsletter.digest import Commentary, Digest, Outlook, Translation, in_order
from newsletter.languages import Language
from newsletter.letters import Addressee
from newsletter.publication import Publication
from newsletter.weeks import Week

BE, RU, EN = Language("be"), Language("ru"), Language("en")
WEEK = Week(2019, 41)


def publication(**changes: object) -> Publication:
    """Return a publication in three languages with two sections and two editions."""
    content: dict[str, object] = {
        "name": {"be": "Тыдзень", "ru": "Неделя", "en": "The Week"},
        "description": {"be": "Хто піша.", "ru": "Кто пишет.", "en": "Who writes."},
        "languages": ["be", "ru", "en"],
        "time_zone": "Europe/Minsk",
        "base_url": "https://week.example.org",
        "operator_email": "operator@example.org",
        "sender": {"address": "digest@week.example.org", "reply_to": "editors@week.example.org"},
        "discreet": {
            "sender_name": {"be": "Ліст", "ru": "Письмо", "en": "Letter"},
            "subject": {"be": "Ліст {number}", "ru": "Письмо {number}", "en": "Weekly letter {number}"},
            "address": "post@neutral.example.net",
            "base_url": "https://neutral.example.net",
        },
        "schedule": {"weekday": "monday", "time": "08:00", "of": "next"},
        "sections": [
            {"code": "security", "name": {"be": "Бяспека", "ru": "Безопасность", "en": "Security"}},
            {"code": "west", "name": {"be": "Захад", "ru": "Запад", "en": "The West"}},
        ],
        "editions": [
            {"code": "en", "languages": ["en"], "name": {"be": "EN", "ru": "EN", "en": "EN"}},
            {
                "code": "be-ru",
                "languages": ["be", "ru"],
                "reorder": True,
                "name": {"be": "BE/RU", "ru": "BE/RU", "en": "BE/RU"},
            },
        ],
    }
    return Publication.model_validate(content | changes, context={"languages": ("be", "ru", "en")})


def commentary(
    slug: str, section: str | None, outlook: Outlook, *codes: str, body: str = "Тэкст.", position: int = 0
) -> Commentary:
    """Return a commentary with a text in each language of `codes`; its words name slug and language."""
    texts = {
        code: Translation(f"Headline {slug} {code}", f"Standfirst {slug} {code}", body, f"Author {slug} {code}")
        for code in codes
    }
    return Commentary(slug, section, position, outlook, texts)


def digest(*commentaries: Commentary) -> Digest:
    """Return a digest of those, else of four: two outlooks in one section, one text only in Russian, a general one."""
    chosen = commentaries or (
        commentary("arms", "security", Outlook.UNCHANGED, "be", "ru", "en"),
        commentary("border", "security", Outlook.WORSE, "be", "ru", "en", position=1),
        commentary("talks", "west", Outlook.BETTER, "ru"),
        commentary("method", None, Outlook.UNCHANGED, "be", "ru", "en"),
    )
    return in_order(WEEK, chosen, ["security", "west"])


def addressee(to: str = "anna@example.org", **changes: str) -> Addressee:
    """Return a reader with tokens as they look, unless others are given."""
    return Addressee(
        to=to,
        leave=changes.get("leave", "1e" * 25),
        preferences=changes.get("preferences", "9f" * 25),
        message_id=changes.get("message_id", "4d" * 20),
        date=datetime(2019, 10, 14, 5, 0, tzinfo=UTC),
    )
