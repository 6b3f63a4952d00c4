"""An event as it is worked off: whom it is about, and what is wrong, in the words of all doors."""

import re
from collections.abc import Mapping, Sequence

from newsletter.badnews import BounceKind, BounceReport, Complaint
from newsletter.inbound.mail import Ignored, Leave, Mail, Source, Unclear
from newsletter.inbound.places import variant_at
from newsletter.inbound.reports.diagnosis import enhanced_of, kind_of
from newsletter.inbound.webhooks.contract import Provider, Told, Unreadable, What, part, read_json
from newsletter.inbound.webhooks.suspects import leave_token, suspect_in
from newsletter.outcomes import scrub
from newsletter.publication import Publication
from newsletter.sealing import Keyring

ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
LONGEST = 2000
"""Characters of a server's answer that are read: five lines of SMTP, and nothing takes long."""

DOMAIN = re.compile(r"@([^\s<>\"@]+)")


def read_event(
    providers: Mapping[Source, Provider], mail: Mail, publication: Publication, keyring: Keyring
) -> BounceReport | Complaint | Leave | Ignored | Unclear:
    """Return what a kept event is found to be; whatever is in it."""
    try:
        event = part({"event": read_json(mail.content)}, "event")
    except Unreadable:
        return Unclear("an event that is not JSON")
    told = providers[mail.source].told(event)
    if told.what is What.NOTHING:
        return Ignored(told.why)
    suspect = suspect_in(event, told.address, keyring)
    if not suspect.is_proven:
        if not _from_us(told.senders, publication):
            return Ignored("about somebody else's mail")  # a provider's account may serve more than this list
        if suspect.address is None:
            return Unclear("an event that names nobody")
    if told.what is What.LEFT:
        token = leave_token(suspect, keyring)
        return Leave(token) if token else Ignored("left at the provider, and nothing shows which mail it was")
    if told.what is What.COMPLAINED:
        return Complaint(suspect, is_signed=True)
    text = told.text[:LONGEST]
    enhanced = enhanced_of(told.enhanced if ENHANCED.fullmatch(told.enhanced) else "", text)
    address = str(suspect.address or told.address[:LONGEST])
    return BounceReport(suspect, _kind(told, enhanced, text), enhanced, scrub(text, recipient=address))


def _kind(told: Told, enhanced: str, text: str) -> BounceKind:
    """Return what is wrong: by the provider's word if it is certain, else the server's, else the provider's guess."""
    if told.kind is not None:
        return told.kind
    kind = kind_of(enhanced, text)
    return told.otherwise if kind is BounceKind.UNKNOWN else kind


def _from_us(senders: Sequence[str], publication: Publication) -> bool:
    domains = [domain.lower() for sender in senders for domain in DOMAIN.findall(sender[:LONGEST])]
    return not domains or any(variant_at(domain, publication) for domain in domains)
