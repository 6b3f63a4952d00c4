"""Reading what came in: by the address it came to, whoever brought it; a provider's report by whose it is."""

from newsletter.inbound.commands.asking import command_in
from newsletter.inbound.mail import Leave, Mail, Received, Unclear
from newsletter.inbound.messages.message import Message, TooMuch, read_message
from newsletter.inbound.places import BAD_NEWS, place_of
from newsletter.inbound.reports.report import read_report
from newsletter.inbound.webhooks import read_event
from newsletter.publication import Command, Publication
from newsletter.sealing import Keyring


def read(mail: Mail, publication: Publication, keyring: Keyring) -> Received:
    """Return what a mail, or a provider's report, is found to be.  Changes nothing, and raises nothing of its own.

    Of a mail to leave only the address is read: whoever wrote, whatever is in it, its token decides.
    """
    if mail.source.is_webhook:
        return read_event(mail, publication, keyring)
    place = place_of(mail.recipient, publication, keyring)
    if place is None:
        return Unclear("address is none of ours")
    if place.command is Command.LEAVE:
        return Leave(place.token)
    if len(mail.content) > place.most_octets:
        return Unclear(f"larger than {place.most_octets:,} octets")
    if place.command in BAD_NEWS:
        return read_report(mail, publication, keyring, place.ref)
    try:
        message = read_message(mail.content)
    except TooMuch as error:
        return Unclear(str(error))
    if _is_complaint(message):
        return read_report(mail, publication, keyring, None)
    return command_in(message, mail, place, publication, keyring)


def _is_complaint(message: Message) -> bool:
    """Say whether it is one by its form (RFC 5965 section 2): some providers send them where a mail came from."""
    return message.kind == "multipart/report" and message.parameter("report-type") == "feedback-report"
