"""What somebody wants who wrote to an address and typed nothing."""

from newsletter.inbound import Asker
from newsletter.publication import Publication
from newsletter.subscribing import Wish


def wish_of(publication: Publication, asker: Asker) -> Wish:
    """Return the edition that begins with the asker's language, in the variant of the address written to."""
    edition, order = publication.suggested(asker.tongue)
    return Wish(asker.address, edition, order, asker.variant)
