"""Who a letter comes from and what an inbox list shows of it, per edition and variant."""

from dataclasses import dataclass

from newsletter.digest import Variant
from newsletter.languages import Language
from newsletter.publication import Edition, Publication
from newsletter.weeks import Week


@dataclass(frozen=True, slots=True)
class Appearance:
    """What is seen of a letter before it is opened, and the host its links lead to.

    `list_name` is the first label of List-Id (RFC 2919).
    """

    name: str
    address: str
    reply_to: str | None
    base_url: str
    list_name: str

    @property
    def list_id(self) -> str:
        """The list's name within the sender's domain."""
        return f"{self.list_name}.{self.address.rpartition('@')[2]}"


def appearance(publication: Publication, edition: Edition | None, language: Language, variant: Variant) -> Appearance:
    """Return how a letter of that edition and variant shows itself; a discreet one as `publication.discreet` has it.

    No edition: a mail that is not the list's, from the publication itself.
    """
    if variant is Variant.DISCREET:
        publication, edition = publication.discreetly(), None
    sender = (edition and edition.sender) or publication.sender
    return Appearance(
        name=(sender.name or publication.name)[language.code],
        address=sender.address,
        reply_to=sender.reply_to,
        base_url=publication.base_url,
        list_name="letter" if variant is Variant.DISCREET else edition.code if edition else "",
    )


def discreet_subject(publication: Publication, language: Language, week: Week) -> str:
    """Return the subject of discreet letters; `{week}` and `{number}` in it are the week's days and its ISO number."""
    subject = publication.discreet.subject[language.code]
    return subject.replace("{week}", week.written(language)).replace("{number}", str(week.number))
