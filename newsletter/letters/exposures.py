"""What the discreet variant would show of the publication all the same: for the operator, before a reader finds out."""

from collections.abc import Iterable, Iterator

from newsletter.letters.signing import Signers
from newsletter.publication import Publication, host_of, is_this_machine

SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "info", "net", "org"})
"""Labels under which a country's registry sells names, as in `com.ua`."""


def exposures(publication: Publication, signers: Signers, relays: Iterable[str] = ()) -> list[str]:
    """Return a line for each thing that ties discreet letters to the publication, or makes them be refused.

    `relays`: the hosts that take our mail and the names we give them; they stand in the Received lines of every letter.
    """
    discreet = publication.discreet
    own = {_domain(sender.address) for sender in publication.senders}
    answers = {_domain(sender.reply_to) for sender in publication.senders if sender.reply_to}
    kin = {_family(domain) for domain in own | answers | {host_of(publication.base_url)}}
    return [
        *_addresses(publication, kin),
        *_words(publication),
        *_unsigned(own, discreet.address, signers),
        *(
            f"NEWSLETTER_SMTP_URL: {name} is the publication's, and stands in the Received lines of discreet letters"
            for name in dict.fromkeys(relays)
            if _family(name) in kin and not is_this_machine(name)
        ),
    ]


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _addresses(publication: Publication, kin: set[str]) -> Iterator[str]:
    discreet = publication.discreet
    if discreet.address is None:
        yield "discreet.address is missing: discreet letters come from the publication's own address"
    elif _family(_domain(discreet.address)) in kin:
        yield "discreet.address is of a domain of the publication's, which discreet letters then show"
    if discreet.base_url is None:
        yield "discreet.base_url is missing: links in discreet letters lead to the publication's own host"
    elif publication.neutral_host is None or _family(publication.neutral_host) in kin:
        yield "discreet.base_url is of a host of the publication's, which links in discreet letters then show"


def _words(publication: Publication) -> Iterator[str]:
    names = {name.casefold() for name in publication.name.values()}
    for key, texts in (("sender_name", publication.discreet.sender_name), ("subject", publication.discreet.subject)):
        for code, text in texts.items():
            if any(name in text.casefold() for name in names):
                yield f"discreet.{key}.{code} holds the publication's name"


def _unsigned(own: set[str], neutral: str | None, signers: Signers) -> Iterator[str]:
    if not signers.by_domain:  # then the relay signs, or nobody does: it is the same for all letters
        return
    for domain in sorted(own | ({_domain(neutral)} if neutral else set())):
        if signers.of(f"@{domain}") is None:
            which = "full" if domain in own else "discreet"
            yield f"NEWSLETTER_DKIM: there is no key for {domain}: {which} letters go out unsigned, others signed"


def _family(host: str) -> str:
    """Return what somebody registered: `example.org` of `week.example.org`.  A guess, good enough for a warning.

    >>> _family("week.example.org"), _family("letter.example.com.ua"), _family("127.0.0.1")
    ('example.org', 'example.com.ua', '127.0.0.1')
    """
    labels = host.lower().split(".")
    if labels[-1].isdigit():
        return host
    deep = len(labels[-1]) == 2 and labels[-2:-1] and labels[-2] in SECOND_LEVEL  # a country's
    return ".".join(labels[-3 if deep else -2 :])
