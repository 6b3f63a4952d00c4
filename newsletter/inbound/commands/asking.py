"""What a person asks for by writing to an address of ours.

The address says it all; the text is read in answers to the question whether somebody wants letters, for they count as a
consent: an empty one is a yes, and so are a few words.
"""

import re
from collections.abc import Callable, Mapping
from itertools import chain

from newsletter import messageids
from newsletter.inbound.commands.asker import NoAsker, answerable_id, name_of_writer, sole_writer
from newsletter.inbound.commands.assent import says_yes
from newsletter.inbound.commands.tongue import tongue_of
from newsletter.inbound.mail import Asker, Confirm, Help, Ignored, Join, Latest, Mail, Objection, WayOut
from newsletter.inbound.messages.heuristics import plainly, says
from newsletter.inbound.messages.machine import is_machine
from newsletter.inbound.messages.message import Message
from newsletter.inbound.messages.ownwords import is_readable, own_text
from newsletter.inbound.messages.phrases import AUTOMATIC, CHALLENGE, RECEIPTS
from newsletter.inbound.messages.refusals import refuses
from newsletter.inbound.places import Place, domains_of
from newsletter.publication import Command, Publication
from newsletter.sealing import Keyring

ASKS: Mapping[Command, Callable[[Asker], Join | Latest | WayOut | Help]] = {
    Command.SUBSCRIBE: Join,
    Command.LATEST: Latest,
    Command.UNSUBSCRIBE: WayOut,
    Command.HELP: Help,
}

QUOTED_ID = re.compile(rf"<([0-9a-fA-F]{{{messageids.LENGTH}}})@[^<>\s]{{1,255}}>")


def command_in(
    message: Message, mail: Mail, place: Place, publication: Publication, keyring: Keyring
) -> Join | Latest | WayOut | Help | Confirm | Objection | Ignored:
    """Return what is asked for at `place`, which is one for people; machines ask for nothing."""
    domains = domains_of(publication)
    if (why := is_machine(message, mail, domains)) is not None:
        return Ignored(why)
    subject = message.header("subject")
    if says(subject, AUTOMATIC) or plainly(subject).startswith(RECEIPTS):
        return Ignored("an automatic reply")
    try:
        writer = sole_writer(message.headers.get("from", ()))
    except NoAsker as error:
        return Ignored(str(error))
    asker = Asker(
        address=writer,
        tongue=tongue_of(message, place, publication, domain=writer.domain),
        variant=place.variant,
        message_id=answerable_id(message.headers.get("message-id", ())),
    )
    if place.command is not Command.CONFIRM:
        return ASKS[place.command](asker)
    note = note_answered(message, keyring)
    if note is None:
        return Ignored("not a reply to our note")
    return _answer(message, own_text(message, publication), Confirm(asker, place.token, note))


def _answer(message: Message, words: str, yes: Confirm) -> Confirm | Objection | Ignored:
    """Return `yes` if a reply to our note says so: anybody can ask for letters in anybody's name."""
    if says(words, AUTOMATIC + CHALLENGE):  # an auto-responder without any mark
        return Ignored("an automatic reply")
    if refuses(words) or refuses(message.header("subject")):
        return Objection(yes.asker, yes.token, yes.note)
    if not is_readable(message) or not says_yes(words, name_of_writer(message.headers.get("from", ()))):
        return Ignored("a reply that does not say yes")
    return yes


def note_answered(message: Message, keyring: Keyring) -> bytes | None:
    """Return the `ref` of the note of ours that a mail replies to (RFC 5322 section 3.6.4), the nearest one first."""
    parents = QUOTED_ID.findall(" ".join(message.headers.get("in-reply-to", ())))
    thread = QUOTED_ID.findall(" ".join(message.headers.get("references", ())))
    for local in chain(parents, reversed(thread)):
        named = messageids.read(keyring, local)
        if named is not None and named.digest_id == messageids.NOTE:
            return named.ref
    return None
