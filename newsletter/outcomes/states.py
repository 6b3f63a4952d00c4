"""What a delivery may come to, and what a server may answer."""

from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """The state of a delivery: who waits for what."""

    QUEUED = "queued"  # owed; who has claimed it stands in `batches`
    DEFERRED = "deferred"  # a 4xx: owed again from its `not_before`
    SENDING = "sending"  # on the wire: the final dot may have been written
    SENT = "sent"  # the server took responsibility (250)
    REFUSED = "refused"  # permanent: 5xx, or given up; `reason` says why
    DOUBTFUL = "doubtful"  # cut off after the dot: may have arrived
    SKIPPED = "skipped"  # no longer owed; `reason` says why


OPEN = (State.QUEUED, State.DEFERRED)
"""States of a delivery that is still owed and not on the wire."""

UNSURE = (State.SENDING, State.DOUBTFUL)
"""States of a delivery that may have arrived, and may be sent again."""


class Step(StrEnum):
    """Where in the SMTP dialogue an answer came."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


class Reason(StrEnum):
    """Why a delivery was refused or skipped, or is left in doubt."""

    BAD_ADDRESS = "bad-address"
    MAILBOX_FULL = "mailbox-full"
    POLICY = "policy"
    TOO_LARGE = "too-large"
    EXPIRED = "expired"
    OTHER = "other"
    UNSEALABLE = "unsealable"
    LEFT = "left"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    CHANGED = "changed"  # its reader chose another letter meanwhile, and is owed that one
    ACKNOWLEDGED = "acknowledged"  # doubtful, and the operator leaves it at that


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply: code, text of all its lines, enhanced code (RFC 2034) where there is one."""

    code: int
    text: str
    enhanced: str = ""


@dataclass(slots=True)  # one is made for each message: freezing it would cost more than making it
class Outcome:
    """What a delivery has come to.  `text` is scrubbed: it holds no address.

    `QUEUED` means that nothing was sent and nobody is to blame: it is owed as before.
    """

    state: State
    reason: Reason | None = None
    server: str = ""
    code: int | None = None
    enhanced: str = ""
    text: str = ""
    step: Step | None = field(default=None, compare=False)


class ServerOut(Exception):  # what a server says is not an error of ours
    """The server refuses *us* (5xx before RCPT, a failed login): no reader is charged.  `text` is scrubbed."""

    def __init__(self, step: Step, text: str) -> None:
        super().__init__(f"{step}: {text}")
        self.step = step
        self.text = text
