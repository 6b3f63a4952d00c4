"""What many say at once is about us, or about a server between us; the operator is told, and no reader is charged."""

from datetime import datetime

from newsletter.bouncing.policy import Policy
from newsletter.sealing import Keyring, Unsealable
from newsletter.store import Session
from newsletter.store.bounces import count_asked, count_bad_addresses, policy_by_domain
from newsletter.store.digests import DigestRow
from newsletter.store.notices import add_notice


def disbelieve_crowds(session: Session, digest_id: int, *, policy: Policy, now: datetime) -> None:
    """Let what was said of a digest count for nothing if it makes too many addresses bad at once."""
    digest = session.get(DigestRow, digest_id)
    if digest is None or digest.disbelieved:
        return
    bad = count_bad_addresses(session, digest_id)
    if bad >= policy.crowd and policy.is_crowd(bad, count_asked(session, digest_id)):
        digest.disbelieved = True
        session.flush()
        add_notice(session, "many-bad-addresses", now=now, week=digest.week, digest_id=digest_id, again=True)


def tell_of_policy(session: Session, keyring: Keyring, digest_id: int, *, policy: Policy, now: datetime) -> None:
    """Tell the operator of each domain that refuses a digest to many of its readers as spam, or by a rule."""
    digest = session.get(DigestRow, digest_id)
    if digest is None:
        return
    for domain in policy_by_domain(session, digest_id, least=policy.crowd):
        if policy.is_crowd(domain.refused, domain.readers):
            try:
                name = keyring.open(domain.sealed_name, bound_to=domain.lookup)
            except Unsealable:  # a damaged row: say it all the same
                name = "?"
            # Without the numbers: the same words are told once a day and week.
            add_notice(session, "policy-refusals", now=now, text=name, week=digest.week, digest_id=digest_id)
