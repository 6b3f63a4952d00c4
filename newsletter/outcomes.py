"""What becomes of a delivery, and what a server's answer means for it.

After RFC 5321 section 4.2 (reply codes), RFC 3463 (enhanced codes) and what servers really say.
"""

import re
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


ADDRESS = re.compile(
    r"[^\s<>\"'(),:;=]+(?:@|=40|%40|\(at\))[^\s<>\"'(),:;]+|<[^<>\s]*@?[^<>\s]*>",
    re.IGNORECASE,
)


ADDRESS_SIGNS = ("@", "<", "=40", "%40")
"""One of them, or "(at)", stands in all that `ADDRESS` finds; most replies hold none."""


def scrub(text: str, limit: int = 300, *, recipient: str = "") -> str:
    """Return a server's words without addresses and control characters, cut to `limit` characters.

    Servers also name the two halves of an address by themselves; those of `recipient` go too.

    >>> scrub("550 5.1.1 <anna@example.org>: no such user anna@example.org")
    '550 5.1.1 <…>: no such user <…>'
    >>> scrub("anna... User unknown in example.org", recipient="anna@example.org")
    '<…>... User unknown in <…>'
    """
    if any(sign in text for sign in ADDRESS_SIGNS) or "(at)" in text.lower():
        text = ADDRESS.sub("<…>", text)
    low = text.lower()
    for half in recipient.lower().split("@"):
        if half and half in low:
            text = re.sub(rf"(?<!\w){re.escape(half)}(?!\w)", "<…>", text, flags=re.IGNORECASE)
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return text[:limit]


_BY_SUBJECT = {
    **dict.fromkeys(("1.1", "1.2", "1.3", "1.6", "1.10", "2.1"), Reason.BAD_ADDRESS),
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_LARGE,
    "3.4": Reason.TOO_LARGE,
    "4.5": Reason.POLICY,  # congestion by RFC 3463; large providers say so of a sender's daily quota
}


def _in_order(*rules: tuple[Reason, str]) -> tuple[tuple[Reason, re.Pattern[str]], ...]:
    return tuple((reason, re.compile(words, re.IGNORECASE)) for reason, words in rules)


_UNMISTAKABLE = _in_order(  # whatever the code; what is not the reader's fault goes before what may be
    (
        Reason.POLICY,  # it is the sender that is meant, not the reader
        r"\bsender\b.{0,20}(?:reject|denied|fail|unknown|invalid|refused|not )|callout|callback|sender verif"
        r"|too many (?!hops)|(?:daily|sending|hourly|message rate) .{0,12}(?:limit|quota)"
        r"|your (?:account|ip|host|server|domain|network)\b.{0,60}(?:suspend|block|disabl|list|reject|denied)",
    ),
    (
        Reason.MAILBOX_FULL,
        r"(?:box|folder|account|storage).{0,20}\bfull\b|over.{0,12}quota|quota.{0,20}(?:exceed|violat|full|reach)"
        r"|(?:exceed|reach).{0,30}(?:quota|storage|mailbox size)|out of (?:disk |storage )?space|space.{0,4} not enough"
        r"|mailbox.{0,30}(?:size limit|maximum size)"
        r"|out of storage|(?:not enough|insufficient) (?:disk |storage |mailbox )?(?:space|storage|quota)",
    ),
    (
        Reason.POLICY,
        r"\bspam|black ?list|block ?list|\b(?:dns|r)bl\b|reputation|\bdmarc\b|\bdkim\b|\bspf\b|\bpolic(?:y|ies)\b|phish"
        r"|unsolicited|\bbanned\b|suspicious|reverse dns|\bptr\b"
        r"|(?:message|mail|host|ip|connection|sender).{0,20} blocked|blocked (?:by|using|for|due)",
    ),
    (Reason.OTHER, r"receiving (?:mail|e-?mail|messages) (?:at|too)|grey-?list|temporarily"),  # a while, not for good
    (
        Reason.BAD_ADDRESS,
        r"no such (?:user|recipient|mail|account|address|person|alias|name|local|e-?mail|domain|customer)"
        r"|nosuchuser|non-?existent|(?:does ?n.t|does not|not) (?:exist|have an? .{0,30}account)|recip(?:ient)?notfound"
        r"|unknown (?:user|recipient|address|mailbox|account|local|or illegal|alias|e-?mail)"
        r"|\b(?:user|recipient|(?<!ip )address|mailbox|account|alias|addressee)\b.{0,40}\b(?:unknown|not found"
        r"|unavailable|disabled|inactive|discontinued|deactivated|expired|suspended|terminated|closed|deleted|no longer"
        r"|not (?:an? )?(?:valid|known|active|listed|local))"
        r"|invalid (?:user|recipient|address|mailbox|e-?mail|account|alias|final delivery)|no mail ?box"
        r"|5\.4\.1\b.{0,50}access denied|5\.1\.0\b.{0,20}address rejected"
        r"|no longer (?:valid|available|in use|active|employed|works?)|not in (?:our|the) (?:address book|directory)"
        r"|not (?:our|an? (?:local|valid|known)) (?:user|customer|recipient|mailbox|address)"
        r"|recipient name is not recognized",
    ),
)
_BY_WORDS = _in_order(  # where there is no code that means something
    (Reason.TOO_LARGE, r"too (?:large|big)|(?:message|size).{0,20}exceeds"),
    (Reason.POLICY, r"block|not allowed|denied|relay|authenticat"),
)
_NO_WORDS = re.compile(r"https?://\S+|\S+@\S+|(?<![\w.-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w-])")
"""Addresses, links and hosts: what is in their names means nothing."""


def reason_for(reply: Reply) -> Reason:
    """Return why a 5xx at RCPT, DATA or the dot was given: by words, by enhanced code, by other words.

    Words go first because servers write codes as they like: "5.7.1 No such user!", "5.1.1 blocked as spam".

    >>> str(reason_for(Reply(550, "no such user", "5.7.1")))
    'bad-address'
    >>> str(reason_for(Reply(550, "blocked by policy, see http://unknown.user.example", "5.1.1")))
    'policy'
    >>> str(reason_for(Reply(550, "rejected", "5.1.1")))
    'bad-address'
    >>> str(reason_for(Reply(552, "too big", "5.3.4")))
    'too-large'
    >>> str(reason_for(Reply(550, "Mailbox unavailable: it is full")))
    'mailbox-full'
    >>> str(reason_for(Reply(550, "unknown error")))
    'other'
    """
    text = f"{reply.enhanced} {_NO_WORDS.sub(' ', reply.text[:2000])}"
    for reason, words in _UNMISTAKABLE:
        if words.search(text):
            return reason
    subject = reply.enhanced.partition(".")[2]
    if subject in _BY_SUBJECT:
        return _BY_SUBJECT[subject]
    if subject.startswith(("6.", "7.")):
        return Reason.POLICY
    return next((reason for reason, words in _BY_WORDS if words.search(text)), Reason.OTHER)


def judge(step: Step, reply: Reply, *, server: str = "", recipient: str = "") -> Outcome:
    """Return what `reply` at `step` means for the delivery to `recipient`, whose turn it was.

    >>> judge(Step.DOT, Reply(250, "queued as 17")).state.value
    'sent'
    >>> judge(Step.RCPT, Reply(451, "greylisted", "4.7.1")).state.value
    'deferred'
    >>> judge(Step.RCPT, Reply(550, "<anna@example.org> unknown", "5.1.1")).text
    '<…> unknown'
    >>> judge(Step.MAIL, Reply(421, "shutting down")).state.value
    'queued'

    Raises
    ServerOut: a 5xx before RCPT; it is *our* fault, whoever the reader was.
    """
    text = scrub(reply.text, recipient=recipient)
    if step is Step.DOT and 200 <= reply.code < 300:
        return Outcome(State.SENT, None, server, reply.code, reply.enhanced, text)
    if 400 <= reply.code < 500:
        # 421 says that the connection ends, not that this reader is to wait.
        state = State.QUEUED if reply.code == 421 and step is not Step.DOT else State.DEFERRED
        return Outcome(state, None, server, reply.code, reply.enhanced, text)
    if 500 <= reply.code < 600:
        if step not in (Step.RCPT, Step.DATA, Step.DOT):
            raise ServerOut(step, f"{reply.code} {text}")
        return Outcome(State.REFUSED, reason_for(reply), server, reply.code, reply.enhanced, text, step)
    if step is Step.DOT:
        return Outcome(State.DOUBTFUL, None, server, reply.code, "", text)
    raise ServerOut(step, f"unexpected reply {reply.code} {text}")
