"""The publication as a value: its sections, editions and senders."""

from datetime import date, datetime
from itertools import permutations
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WrapValidator, model_validator

from newsletter.errors import OperatorError
from newsletter.languages import Language
from newsletter.publication.commands import is_command
from newsletter.publication.fields import (
    AddressField,
    Code,
    Line,
    Order,
    Part,
    Subject,
    Texts,
    UrlField,
    ZoneField,
    unique,
)
from newsletter.publication.hosts import host_of, is_this_machine
from newsletter.publication.providers import Provider, is_of
from newsletter.publication.schedule import Schedule
from newsletter.weeks import Week

GENERAL = "general"
"""The folder and code of commentaries that belong to no section."""


class NoSuchEdition(OperatorError):
    """The publication has no edition of that code, or the edition no such order of languages."""


def _not_general(value: str) -> str:
    if value == GENERAL:
        raise ValueError(f"{GENERAL} is where commentaries without a section are; it needs no section of that code")
    return value


class Section(Part):
    """A standing subject of the publication."""

    code: Annotated[Code, AfterValidator(_not_general)]
    name: Texts


class Sender(Part):
    """Who the letters come from."""

    address: AddressField
    reply_to: AddressField | None = None
    name: Texts | None = None


class Discreet(Part):
    """How the discreet variant shows itself: nothing of the publication.

    Without `address` or `base_url` the publication's own stand in their place, and show its domain.
    """

    sender_name: Texts
    subject: Subject
    address: AddressField | None = None
    base_url: UrlField | None = None


class Edition(Part):
    """For whom a digest is written: languages in the order they are tried, and who it comes from."""

    code: Code
    languages: Order
    name: Texts
    reorder: bool = False
    sender: Sender | None = None

    @property
    def orders(self) -> tuple[tuple[Language, ...], ...]:
        """Every order of languages a reader of this edition may ask for, the edition's own first."""
        return tuple(permutations(self.languages)) if self.reorder else (self.languages,)

    def order(self, codes: tuple[str, ...]) -> tuple[Language, ...]:
        """Return the order that `codes` names; none named means the edition's own.

        Raises
        NoSuchEdition: this edition does not offer that order.
        """
        for order in self.orders:
            if not codes or tuple(item.code for item in order) == codes:
                return order
        offered = " or ".join(",".join(item.code for item in order) for order in self.orders)
        raise NoSuchEdition(f"edition {self.code} has no order {','.join(codes)[:40]!r}; it offers {offered}")


class Publication(Part):
    """One publication, whole."""

    name: Texts
    description: Texts
    languages: Order
    time_zone: ZoneField
    base_url: UrlField
    operator_email: AddressField
    approval: Literal["none", "one"] = "none"
    late_hours: Annotated[float, Field(gt=0, le=24 * 7)] = 24
    empty_week: Literal["notice", "quiet"] = "notice"
    mail_in: bool = False
    weak_providers: tuple[Provider, ...] = ()
    other_providers: tuple[Line, ...] = ()
    sender: Sender
    discreet: Discreet
    schedule: Schedule
    sections: Annotated[tuple[Section, ...], Field(min_length=1), WrapValidator(unique)]
    editions: Annotated[tuple[Edition, ...], Field(min_length=1), WrapValidator(unique)]

    @model_validator(mode="after")
    def _links_lead_somewhere(self) -> Self:
        neutral = self.discreet.base_url
        if neutral and is_this_machine(host_of(neutral)) and not is_this_machine(host_of(self.base_url)):
            raise ValueError(
                "discreet.base_url: leads to this machine alone, and base_url does not: readers of discreet letters "
                "could not open a link; correct it, or set NEWSLETTER_DISCREET_BASE_URL"
            )
        return self

    @model_validator(mode="after")
    def _mail_to_people_is_no_command(self) -> Self:
        from_ = [sender.address for sender in self.senders] + [self.discreet.address or self.sender.address]
        ours = {address.rpartition("@")[2] for address in from_}
        for address in (*from_, *(sender.reply_to for sender in self.senders), self.operator_email):
            local, _, domain = (address or "").rpartition("@")
            if self.mail_in and domain in ours and is_command(local):
                raise ValueError(
                    f"mail_in: mail to {address} would be read as a command, and by nobody; write another address"
                )
        return self

    @property
    def senders(self) -> tuple[Sender, ...]:
        """Who full letters come from: the publication's own sender, and those of editions that have one."""
        return (self.sender, *(edition.sender for edition in self.editions if edition.sender))

    @property
    def neutral_host(self) -> str | None:
        """The host at which pages say nothing of the publication; None where it has no host of its own for that."""
        host = host_of(self.discreet.base_url or self.base_url)
        return None if host == host_of(self.base_url) else host

    def discreetly(self) -> "Publication":
        """Return the publication as its neutral host shows it: name, address and links are the discreet variant's.

        Its description is empty: who writes about what is nothing for that host.
        """
        seen = self.discreet
        sender = Sender(address=seen.address) if seen.address else self.sender.model_copy(update={"name": None})
        return self.model_copy(
            update={
                "name": seen.sender_name,
                "description": dict.fromkeys(self.description, ""),
                "base_url": seen.base_url or self.base_url,
                "sender": sender,
                "editions": tuple(edition.model_copy(update={"sender": None}) for edition in self.editions),
            }
        )

    def edition(self, code: str) -> Edition:
        """Return the edition of that code.

        Raises
        NoSuchEdition: there is none; the text lists those there are.
        """
        for edition in self.editions:
            if edition.code == code:
                return edition
        known = ", ".join(edition.code for edition in self.editions)
        raise NoSuchEdition(f"no such edition: {code[:40]!r}; there are: {known}")

    def suggested(self, language: Language) -> tuple[Edition, tuple[Language, ...]]:
        """Return the edition and order that begin with a language; the first edition's own if none does."""
        offered = [(edition, order) for edition in self.editions for order in edition.orders]
        return next((one for one in offered if one[1][0] == language), offered[0])

    def is_weak(self, domain: str) -> bool:
        """Say whether mailboxes at a domain (lower case, ASCII) are with a provider the publication warns of."""
        return any(is_of(domain, provider) for provider in self.weak_providers)

    def day_of(self, now: datetime) -> date:
        """Return the date that an instant has where the publication lives."""
        return now.astimezone(self.time_zone).date()

    def goes_out_at(self, week: Week) -> datetime:
        """Return the instant, in UTC, at which the digest of `week` is due."""
        return self.schedule.goes_out_at(week, self.time_zone)
