"""Write a letter: a digest in the templates and words of one edition, order and variant."""

from newsletter.digest import Digest, Variant
from newsletter.languages import Language
from newsletter.letters.draft import Draft
from newsletter.letters.headblock import list_headers
from newsletter.letters.letter import Letter
from newsletter.publication import Edition, Publication


def write(
    digest: Digest,
    publication: Publication,
    edition: Edition,
    order: tuple[Language, ...],
    variant: Variant,
    *,
    test: bool = False,
) -> Letter:
    """Return the letter; the same arguments give the same letter, octet by octet.

    `test` marks the subject, nothing else.

    Raises
    NoSuchEdition: the edition does not offer that order.
    SlotInContent: a text would be taken for a slot.
    """
    draft = Draft(digest, publication, edition, order, variant)
    subject = f"[test] {draft.subject()}" if test else draft.subject()
    return Letter(
        edition=edition.code,
        languages=draft.order,
        variant=variant.value,
        subject=subject,
        sender=draft.seen.address,
        headers=list_headers(draft.seen, draft.links, subject, draft.languages),
        leave_url=draft.links.leave_page,
        text=draft.text("digest"),
        html=draft.html("digest"),
    )
