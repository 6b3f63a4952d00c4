"""What is answered at each step to a mail server that hands mail to us.

RFC 5321 (SMTP), RFC 2033 (LMTP), RFC 3463 (enhanced codes), RFC 1870 (SIZE).
"""

from collections.abc import Awaitable, Callable

from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletter.inbound.mail import Mail, Source
from newsletter.inbound.places import REPORT_OCTETS, Place

MOST_RECIPIENTS = 100

LATER = "451 4.3.0 Not now; please try again later"
UNKNOWN = "550 5.1.1 No such address here"
TOO_LARGE = "552 5.3.4 Too large for this address"
ONE_ONLY = "452 4.5.3 Too many recipients; send it to the others apart"
GOING = "421 4.3.2 Going out of service; please try again later"
FULL = "421 4.3.2 Too many connections; please try again later"
TAKEN = "250 2.0.0 Taken"

PlaceOf = Callable[[str], Place | None]
Take = Callable[[Mail, Place], Awaitable[bool]]


class Letter(Envelope):
    """aiosmtpd's envelope, and what each of its recipients is."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Place] = []


class Porter:
    """What aiosmtpd asks at each step of a session; holds nothing of any."""

    def __init__(self, source: Source, place_of: PlaceOf, take: Take) -> None:
        """`take` says whether a mail is in safety."""
        self.source = source
        self.take = take
        self._place_of = place_of

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Letter, name: str, responses: list[str]
    ) -> list[str]:
        """Offer what we can.  PIPELINING: commands are read one by one from a stream, so they may come together."""
        session.host_name = name
        ours = ["250-PIPELINING", "250-ENHANCEDSTATUSCODES", f"250-SIZE {REPORT_OCTETS}"]
        return [responses[0], *ours, *responses[1:]]

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Letter, address: str, options: list[str]
    ) -> str:
        """Take any sender, unless it says that its message is too large for every address."""
        sizes = [int(option[5:]) for option in options if option.startswith("SIZE=") and option[5:].isdigit()]
        if any(size > REPORT_OCTETS for size in sizes):
            return TOO_LARGE
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Letter, address: str, _options: list[str]
    ) -> str:
        """Take an address of ours; more than one only by LMTP, which has an answer for each."""
        place = self._place_of(address)
        if place is None:
            return UNKNOWN
        if len(envelope.places) >= (MOST_RECIPIENTS if self.source is Source.LMTP else 1):
            return ONE_ONLY
        envelope.rcpt_tos.append(address)
        envelope.places.append(place)
        return "250 2.1.5 OK"

    async def handle_exception(self, _error: Exception) -> str:
        """Answer where something of ours, or of aiosmtpd's, has failed: nothing is lost by another try."""
        return LATER
