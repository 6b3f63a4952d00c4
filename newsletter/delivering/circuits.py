"""Circuits: a server that fails is left alone for a while by everybody, and one that answers is back."""

from collections.abc import Mapping
from datetime import datetime

from newsletter.outcomes import ServerOut
from newsletter.store import Session
from newsletter.store.digests import DigestRow
from newsletter.store.notices import add_notice
from newsletter.store.servers import PROBES, bring_back, take_out
from newsletter.transport import Report

UNREACHABLE = (60.0,)
"""Seconds for which a server that cannot be reached stays out, each time."""


def judge_servers(
    session: Session,
    report: Report,
    outs: Mapping[str, ServerOut],
    *,
    alone: bool,
    now: datetime,
    digest: DigestRow | None = None,
) -> None:
    """Write down how the servers fared; tell the operator of each that is newly out, unless it is `alone`.

    `outs` are those that refuse us: as the report says, and whoever reads more into the answers.  What is said of a
    server that has nobody beside it is the caller's: nothing goes out at all.
    """
    failed: dict[str, object] = {**report.unreachables, **outs}
    bring_back(session, report.answered - failed.keys())
    for label, words in failed.items():
        refused = label in outs
        times = take_out(session, label, str(words), refused=refused, pauses=PROBES if refused else UNREACHABLE)
        if times == 1 and not alone:
            week, digest_id = (digest.week, digest.id) if digest else (None, None)
            add_notice(session, "one-server-out", now=now, text=f"{label}: {words}", week=week, digest_id=digest_id)
