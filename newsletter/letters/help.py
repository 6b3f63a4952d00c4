"""Write what can be done by mail: in every language of the publication, that of whoever asked first."""

from collections.abc import Mapping

from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.letters.commands import Commands
from newsletter.letters.environment import environment, templates
from newsletter.letters.headblock import notice_headers
from newsletter.letters.headers import ascii_url
from newsletter.letters.inline import inline
from newsletter.letters.letter import Letter
from newsletter.letters.note import is_answer, shown_as
from newsletter.letters.sender import appearance
from newsletter.publication import Publication


def write_help(publication: Publication, language: Language, *, facts: Mapping[str, str]) -> Letter:
    """Return the note; `facts` are as `NoteKind` has them."""
    variant = shown_as(facts)
    seen = appearance(publication, None, language, variant)
    shown = publication if variant is Variant.FULL else publication.discreetly()
    languages = sorted(publication.languages, key=lambda one: one != language)
    base = ascii_url(seen.base_url)
    common = {
        "discreet": variant is Variant.DISCREET,
        "commands": Commands.at(seen),
        # A discreet mail says nothing of editors; a reply to it goes to whom it may concern.
        "editors": seen.reply_to if variant is Variant.FULL else None,
    }

    def parts(file: str) -> list[tuple[Language, str]]:
        mails = [(one, environment(templates("email"), one).get_template(f"help/{file}")) for one in languages]
        return [(one, part.render(common, home=f"{base}/{one}/")) for one, part in mails]

    mails = environment(templates("email"), language)
    context = {**common, "name": shown.name[language.code]}
    subject = mails.get_template("help/subject.txt").render(context).strip()
    context["subject"] = subject
    html = None
    if variant is Variant.FULL:
        html = inline(mails.get_template("help/body.html").render(context, parts=parts("part.html")))
    codes = [one.code for one in languages]
    return Letter(
        edition="",
        languages=tuple(codes),
        variant=variant.value,
        subject=subject,
        sender=seen.address,
        headers=notice_headers(seen, subject, codes, answers=is_answer(facts)),
        leave_url=None,
        text=mails.get_template("help/body.txt").render(context, parts=parts("part.txt")),
        html=html,
    )
