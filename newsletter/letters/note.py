"""Write a note to a reader: what was asked for, the one thing to do, and what follows if nobody does it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.letters.commands import Commands
from newsletter.letters.environment import environment, templates
from newsletter.letters.headblock import notice_headers
from newsletter.letters.headers import ascii_url
from newsletter.letters.inline import inline
from newsletter.letters.letter import Letter
from newsletter.letters.sender import appearance
from newsletter.letters.weekdays import weekly
from newsletter.notes import LIFE, NoteKind
from newsletter.publication import Edition, NoSuchEdition, Publication
from newsletter.tokens import Purpose

PAGES: Mapping[Purpose, str] = {
    Purpose.CONFIRM: "confirm",
    Purpose.ACCESS: "me",
    Purpose.PREFERENCES: "preferences",
    Purpose.LEAVE: "leave",
}
"""The page that a token opens, under the address of its language."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is subscribed to, in words: the edition's name, or the order where the reader has turned it round."""

    edition: str
    order: tuple[Language, ...]
    discreet: bool


@dataclass(frozen=True, slots=True)
class NoteLinks:
    """The links of a note; `act` is the one thing to do in it.  Those it has no token for are empty.

    `by_mail` is the address to which an empty letter does the same as `act`; empty where there is none.
    """

    act: str
    by_mail: str
    preferences: str
    leave: str
    privacy: str


def write_note(
    publication: Publication,
    kind: NoteKind,
    language: Language,
    *,
    facts: Mapping[str, str],
    tokens: Mapping[Purpose, str],
) -> Letter:
    """Return the note of that kind, in one of the publication's languages; the same arguments give the same letter.

    `facts` are as `NoteKind` has them.  They choose among words that are ours and are never shown: what names no
    edition, order or variant of the publication leaves no trace.  A note that is not surely full is discreet.  `tokens`
    are the reader's, for the links.  Where mail comes in, what a link confirms is confirmed by a reply as well.
    """
    variant = shown_as(facts)
    edition = next((item for item in publication.editions if item.code == facts.get("edition")), None)
    seen = appearance(publication, edition, language, variant)
    shown = publication if variant is Variant.FULL else publication.discreetly()
    commands = Commands.at(seen)
    by_reply = publication.mail_in and Purpose.CONFIRM in tokens
    if by_reply:
        seen = replace(seen, reply_to=commands.confirm(tokens[Purpose.CONFIRM]))
    context = {
        "name": shown.name[language.code],
        "discreet": variant is Variant.DISCREET,
        "known": facts.get("known") == "yes",
        "answers": is_answer(facts),
        "choice": edition and _choice(edition, language, facts),
        "coming": facts.get("coming") == "yes",
        "links": _links(kind, f"{ascii_url(seen.base_url)}/{language}/", tokens, commands),
        "by_reply": by_reply,
        "unsubscribe": commands.unsubscribe,
        "weekly": weekly(publication.schedule, language),
        "days": LIFE[kind].days if kind in LIFE else None,
    }
    mails = environment(templates("email"), language)
    subject = mails.get_template(f"{kind}/subject.txt").render(context).strip()
    context["subject"] = subject
    html = None
    if variant is Variant.FULL:
        html = inline(mails.get_template(f"{kind}/body.html").render(context))
    return Letter(
        edition="",
        languages=(language.code,),
        variant=variant.value,
        subject=subject,
        sender=seen.address,
        headers=notice_headers(seen, subject, [language.code], answers=is_answer(facts)),
        leave_url=None,
        text=mails.get_template(f"{kind}/body.txt").render(context),
        html=html,
    )


def shown_as(facts: Mapping[str, str]) -> Variant:
    """Return how a note shows itself: discreet, unless its facts surely say full."""
    return Variant.FULL if facts.get("variant") == Variant.FULL else Variant.DISCREET


def is_answer(facts: Mapping[str, str]) -> bool:
    """Say whether a note answers somebody's mail."""
    return facts.get("answers") == "yes"


def _choice(edition: Edition, language: Language, facts: Mapping[str, str]) -> Choice:
    own = edition.languages
    try:
        order = edition.order(tuple(facts.get("languages", "").split()))
    except NoSuchEdition:  # the publication offers that order no more; its readers get the edition's own
        order = own
    wanted = facts.get("wanted") or facts.get("variant")
    return Choice(edition.name[language.code], () if order == own else order, wanted != Variant.FULL)


def _links(kind: NoteKind, home: str, tokens: Mapping[Purpose, str], commands: Commands) -> NoteLinks:
    pages = {purpose: f"{home}{PAGES[purpose]}/{token}" for purpose, token in tokens.items()}
    goes = kind is NoteKind.WAY_OUT and Purpose.LEAVE in tokens
    return NoteLinks(
        act=pages[Purpose.LEAVE] if goes else pages.get(Purpose.CONFIRM) or pages.get(Purpose.ACCESS, ""),
        by_mail=commands.leave(tokens[Purpose.LEAVE]) if goes else "",
        preferences=pages.get(Purpose.PREFERENCES, ""),
        leave=pages.get(Purpose.LEAVE, ""),
        privacy=f"{home}privacy",
    )
