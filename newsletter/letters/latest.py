"""Write the newest digest for somebody who asked for it by mail: the letter, once, and nobody's subscription."""

from newsletter.digest import Digest, Variant
from newsletter.languages import Language
from newsletter.letters.draft import Draft
from newsletter.letters.headblock import notice_headers
from newsletter.letters.letter import Letter
from newsletter.publication import Edition, Publication


def write_latest(
    digest: Digest, publication: Publication, edition: Edition, order: tuple[Language, ...], variant: Variant
) -> Letter:
    """Return it; the same arguments give the same note.

    It says what the letter says, and at its end why it came and how to subscribe.  No link in it is anybody's own.

    Raises
    NoSuchEdition: the edition does not offer that order.
    SlotInContent: a text would be taken for a slot, here too.
    """
    draft = Draft(digest, publication, edition, order, variant)
    subject = draft.subject()
    return Letter(
        edition="",
        languages=draft.order,
        variant=variant.value,
        subject=subject,
        sender=draft.seen.address,
        headers=notice_headers(draft.seen, subject, draft.languages, answers=True),
        leave_url=None,
        text=draft.text("latest"),
        html=draft.html("latest"),
    )
