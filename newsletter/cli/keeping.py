"""What every door for mail does with what came in: keep it, commit, and ring."""

from newsletter.inbound.keeping import lane, pack, same_as
from newsletter.inbound.mail import Mail
from newsletter.inbound.places import Place
from newsletter.runtime import Runtime
from newsletter.store.received import receive
from workers import bells


def keep(here: Runtime, mail: Mail, place: Place) -> bool:
    """Keep a mail until it is worked off; False if the same was kept already.

    Raises
    OperatorError: it is not kept; the mail must stay where it was.
    """
    with here.database.transaction() as session:
        is_new = receive(
            session,
            here.keyring,
            pack(mail),
            same_as=same_as(mail),
            source=mail.source,
            lane=lane(place),
            now=here.clock(),
        )
    if is_new:
        bells.ring_for_received()
    return is_new
