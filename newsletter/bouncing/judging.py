"""Judging: who has had bad news is looked at again, by all that is known of them and not by one report."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from newsletter.badnews import BounceKind
from newsletter.bouncing.crowds import disbelieve_crowds, tell_of_policy
from newsletter.bouncing.policy import Policy, verdict
from newsletter.sealing import Keyring
from newsletter.store import Session
from newsletter.store.bounces import histories, refused_in
from newsletter.store.choices import stop, subscriber_to_change
from newsletter.store.digests import unjudged_digests
from newsletter.store.subscribers import SubscriberState, refs_of_ids

AT_ONCE = 500
"""Readers whose past is read together."""


class Judged(NamedTuple):
    """A report that was written down: about whom, which digest, and what it says."""

    subscriber_id: int
    digest_id: int | None
    kind: BounceKind


def conclude(session: Session, keyring: Keyring, reports: Sequence[Judged], *, policy: Policy, now: datetime) -> int:
    """Draw the consequences of some reports, in the transaction that wrote them down; return how many are stopped."""
    digests = {one.digest_id for one in reports if one.digest_id is not None}
    for digest_id in digests:
        _look_at_crowds(session, keyring, digest_id, policy=policy, now=now)
    return _judge(session, {one.subscriber_id for one in reports}, policy=policy)


def judge_ended(session: Session, keyring: Keyring, *, policy: Policy, now: datetime) -> int:
    """Draw the consequences of refusals in the SMTP dialogue, once for each digest that has come to its end; return
    how many readers are stopped.
    """
    stopped = 0
    for digest in unjudged_digests(session):
        _look_at_crowds(session, keyring, digest.id, policy=policy, now=now)
        stopped += _judge(session, refused_in(session, digest.id), policy=policy)
        digest.disbelieved = bool(digest.disbelieved)
    return stopped


def _look_at_crowds(session: Session, keyring: Keyring, digest_id: int, *, policy: Policy, now: datetime) -> None:
    disbelieve_crowds(session, digest_id, policy=policy, now=now)
    tell_of_policy(session, keyring, digest_id, policy=policy, now=now)


def _judge(session: Session, subscriber_ids: Collection[int], *, policy: Policy) -> int:
    stopped = 0
    for some in _slices(sorted(subscriber_ids)):
        verdicts = {id: verdict(past, policy) for id, past in histories(session, some).items()}
        guilty = {id: why for id, why in verdicts.items() if why is not None}
        for id, ref in refs_of_ids(session, guilty):
            row = subscriber_to_change(session, ref=ref)
            if row is not None and row.state is not SubscriberState.STOPPED:
                stop(session, row, guilty[id].value)
                stopped += 1
    return stopped


def _slices(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
