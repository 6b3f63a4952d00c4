"""Write a word to the operator: what happened, the facts, what to do."""

from collections.abc import Mapping

from newsletter.digest import Variant
from newsletter.letters.environment import environment, templates
from newsletter.letters.headblock import notice_headers
from newsletter.letters.inline import inline
from newsletter.letters.letter import Letter
from newsletter.letters.noticewords import KINDS, UNLISTED
from newsletter.letters.sender import appearance
from newsletter.publication import Publication


def write_notice(publication: Publication, kind: str, facts: Mapping[str, str]) -> Letter:
    """Return a mail to the operator, in the publication's first language.

    `facts`: `week` (its code), `text` (one line or several), and whatever else is to be shown by its name.  A kind
    without words of its own is told in general ones; its name is shown.
    """
    language = publication.languages[0]
    words = KINDS.get(kind, UNLISTED)
    translate = language.words.gettext
    week = facts.get("week", "")
    shown = {name: value for name, value in facts.items() if value and name not in ("week", "text")}
    context = {
        "publication": publication,
        "kind": kind,
        "week": week,
        "text": facts.get("text", ""),
        "facts": shown if kind in KINDS else {"kind": kind, **shown},
        "title": translate(words.title),
        "happened": translate(words.happened),
        "todo": translate(words.todo),
        "commands": [command.replace("WEEK", week or "WEEK") for command in words.commands],
    }
    mails = environment(templates("email"), language)
    seen = appearance(publication, None, language, Variant.FULL)
    subject = mails.get_template("notice/subject.txt").render(context).strip()
    return Letter(
        edition="",
        languages=(language.code,),
        variant="notice",
        subject=subject,
        sender=seen.address,
        headers=notice_headers(seen, subject, [language.code]),
        leave_url=None,
        text=mails.get_template("notice/body.txt").render(context),
        html=inline(mails.get_template("notice/body.html").render(context)),
    )
