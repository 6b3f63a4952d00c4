"""Judging: who has had bad news is looked at again, by all that is known of them and not by one report."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from newsletter.badnews import BounceKind
from newsletter.bouncing.crowds import disbelieve_crowds, tell_of_policy
from newsletter.bouncing.policy import ABOUT_MAILBOXES, Policy, verdict
from newsletter.sealing import Keyring
from newsletter.store import Database, Session
from newsletter.store.bounces import histories, refused_in
from newsletter.store.choices import stop, subscriber_to_change
from newsletter.store.digests import judged, unjudged_digests
from newsletter.store.subscribers import SubscriberState, refs_of_ids

AT_ONCE = 500
"""Readers who are judged in one transaction."""


class Judged(NamedTuple):
    """A report that was written down: about whom, which digest, and what it says."""

    subscriber_id: int
    digest_id: int | None
    kind: BounceKind


def conclude(session: Session, keyring: Keyring, reports: Sequence[Judged], *, policy: Policy, now: datetime) -> int:
    """Draw the consequences of some reports, in the transaction that wrote them down; return how many are stopped."""
    for digest_id in _of_kind(reports, BounceKind.BAD_ADDRESS):
        disbelieve_crowds(session, digest_id, policy=policy, now=now)
    for digest_id in _of_kind(reports, BounceKind.POLICY):
        tell_of_policy(session, keyring, digest_id, policy=policy, now=now)
    return _judge(session, {one.subscriber_id for one in reports if one.kind in ABOUT_MAILBOXES}, policy=policy)


def judge_ended(database: Database, keyring: Keyring, *, policy: Policy, now: datetime) -> int:
    """Draw the consequences of refusals in the SMTP dialogue, for each digest that has come to its end; return how many
    readers are stopped.

    In many short transactions: others wait for a reader in hand, and a crowd must not hold up the house.  Two who do it
    at once, or one who begins again, come to the same.
    """
    with database.reading() as session:
        ended = unjudged_digests(session)
    stopped = 0
    for digest_id in ended:
        with database.transaction() as session:
            disbelieve_crowds(session, digest_id, policy=policy, now=now)
            tell_of_policy(session, keyring, digest_id, policy=policy, now=now)
        with database.reading() as session:
            refused = refused_in(session, digest_id)
        for start in range(0, len(refused), AT_ONCE):
            with database.transaction() as session:
                stopped += _judge(session, refused[start : start + AT_ONCE], policy=policy)
        with database.transaction() as session:
            judged(session, digest_id)
    return stopped


def _of_kind(reports: Sequence[Judged], kind: BounceKind) -> list[int]:
    return sorted({one.digest_id for one in reports if one.digest_id is not None and one.kind is kind})


def _judge(session: Session, subscriber_ids: Collection[int], *, policy: Policy) -> int:
    verdicts = {id: verdict(past, policy) for id, past in histories(session, subscriber_ids, most=policy.reach).items()}
    guilty = {id: why for id, why in verdicts.items() if why is not None}
    stopped = 0
    for id, ref in refs_of_ids(session, guilty):  # in the order in which whoever takes reports locks them
        row = subscriber_to_change(session, ref=ref)
        if row is not None and row.state is not SubscriberState.STOPPED:
            stop(session, row, guilty[id].value)
            stopped += 1
    return stopped
