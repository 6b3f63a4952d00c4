"""Mail as people and machines write it to us, kept as a door keeps it and worked off as a worker does."""

import email
import email.policy
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid

from newsletter import receiving
from newsletter.inbound import Mail, Source, pack, place_of
from newsletter.inbound.keeping import lane, same_as
from newsletter.receiving import Worked
from newsletter.store.received import ReceivedRow, receive
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation
from tests.verbs.notes import deliver as deliver_notes
from tests.verbs.readers import ANNA, rows

OURS = "week.example.org"
NEUTRAL = "letter.example.net"


def written(to: str, sender: str = ANNA, text: str = "", subject: str = "", **headers: str) -> bytes:
    """Return a mail as a person's program writes it; `In_Reply_To="<…>"` and the like are headers."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = make_msgid(domain="mail.example.org")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def put(here: Installation, to: str, content: bytes, sender: str = ANNA, source: Source = Source.LMTP) -> bool:
    """Keep a mail, as a door does before it says that it took it; False if it is the same once more."""
    mail = Mail(source, to, sender, content)
    place = place_of(to, here.publication, here.keyring)
    with here.database.transaction() as session:
        return receive(
            session,
            here.keyring,
            pack(mail),
            same_as=same_as(mail),
            source=source,
            lane=0 if place is None else lane(place),
            now=here.clock(),
        )


def write(here: Installation, to: str, sender: str = ANNA, text: str = "", **headers: str) -> Worked:
    """Write to an address of ours and have it worked off."""
    put(here, to, written(to, sender, text, **headers), sender)
    return receiving.work_off(here)


def outcomes(here: Installation) -> list[str | None]:
    """Return what each mail was found to be, in the order they came."""
    return [row.what for row in rows(here, ReceivedRow)]


def inbox(here: Installation, postbox: Postbox, to: str = ANNA) -> EmailMessage:
    """Deliver what is owed and return the newest mail of an inbox."""
    deliver_notes(here)
    here.deliver()
    message = email.message_from_bytes(postbox.body(to), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def reply_to(message: EmailMessage) -> dict[str, str]:
    """Return where a reply to a mail goes, and what it is a reply to."""
    return {"to": str(message["Reply-To"]), "In_Reply_To": str(message["Message-ID"])}
