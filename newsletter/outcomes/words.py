"""What servers say in English, in tables of words: of the reader, of the sender, of a mailbox.

Words for a reader and verdicts are joined, so that each is understood with each; what stands between them must not be
about somebody else.  Rules are tried in order, on text in lower case.
"""

import re

from newsletter.outcomes.states import Reason


def _any(words: str) -> str:
    """Return a pattern that finds one of some words, a bar or a line between them; a blank is any gap or none."""
    found = (word.strip().replace(" ", r"\W?") for line in words.strip().splitlines() for word in line.split(" | "))
    return f"(?:{'|'.join(found)})"


_READER = _any(r"""
    users? | usernames? | userid | recipients? | addressees? | rcpt | mail boxe?s? | mbox | inbox | accounts?
    alias(?:es)?
    (?<!ip\W)(?<!client\W)(?<!host\W)(?<!source\W)(?<!remote\W)(?<!from\W)address(?:es)? | addr | subscriber | customer
    employee | person | destination | local part
""")
"""How servers call a reader or his mailbox."""

_FIT = _any(r"""
    valid | known | active | activated | listed | local | available | registered | exist(?:s|ing|ent|ed)?
    recogni[sz]ed
    defined | configured | provisioned | hosted | deliverable | present | assigned | found | resolved | set up
    ok | here | there | in use | in service | correct | a member of (?:this |the |our )?domain | ours | located
    allocated | our (?:user|customer) | belong\w*
""")
"""What a mailbox is not that is none."""

_GONE = _any(rf"""
    unknown | unavailable | disabled | inactive | discontinued | deactivated | de activated | expired | suspended
    terminated | closed | (?:deleted|removed)(?!\sfrom\s(?:the\s)?queue) | retired | cancell?ed | frozen | unallocated
    invalid | non exist\w+ | undeliverable | unresolvable | unrout\w+ | obsolete | defunct | abandoned | dormant
    illegal | incorrect | unrecogni[sz]ed | unregistered | unassigned | decommissioned | no longer | no more
    has (?:changed|moved|left|retired|resigned) | been replaced | marked for deletion | no exist
    (?:not|\w+n't|never)(?:\s(?:be|been|being|currently|yet|an?|seem\sto|appear\sto|to))*\W{_FIT}
    (?:verif\w+|validation|look-?up|check)\b.{{0,30}}\bfail\w* | receiving disabled
    (?:not|\w+n't) (?:receiv|accept)(?:e|ing)?(?: any)? (?:e-?mails?|mail|messages)\b(?=\W*(?:$|[.,;(#]))
""")
"""What is said of a reader who is none, or none any more."""

_NOT = _any(r"""
    no such | unknown | invalid | inactive | disabled | deactivated | unavailable | undeliverable | unresolvable
    unrout\w+ | illegal | bad | wrong | incorrect | expired | closed | suspended | terminated | deleted | unregistered
    unrecogni[sz]ed | non exist\w+ | not (?:our|an? (?:local|valid|known|active|registered|recogni[sz]ed))
    unknown or illegal
    (?:unable|failed|cannot|can't|couldn't|could not)(?:\sto)?\W(?:verify|find|locate|resolve|validate)
""")
"""What stands before the word for a reader."""


_NOT_HIS = _any("connection | server | system | host | sender | client | your | relay | message | domain name")
"""What a verdict is about if it stands between it and the reader."""

_SENDER = _any(r"""
    \b(?:sender|sending|originator|mail ?from|from (?:address|header)|(?:return|reverse) path|return mx|helo|ehlo)
""")
_NO_SENDER = rf"(?:reject|denied|fail|refused|must|not\b|n't\b|{_GONE})"
_SHUT_OUT = (
    r"(?:suspend|block|disabl|list|reject|denied|not (?:register|subscribe|allow|author|permit|a member|in\b|on\b))"
)
_LISTED = r"(?:[a-z]*rcpt[a-z]*|recipient|user|address|mailbox|account|member)s? (?:list|table|map|database|directory)"


def _in_order(*rules: tuple[Reason, str]) -> tuple[tuple[Reason, re.Pattern[str]], ...]:
    """Compile rules for words in lower case."""
    return tuple((reason, re.compile(words)) for reason, words in rules)


def _table(lines: str) -> str:
    """Return one pattern of several, a line each."""
    return "|".join(line.strip() for line in lines.strip().splitlines())


UNMISTAKABLE = _in_order(  # whatever the code; what is not the reader's fault goes before what may be
    (
        Reason.POLICY,  # it is the sender that is meant, not the reader
        _table(rf"""
            (?<!\bto )(?<!to the ){_SENDER}\b(?:(?!\brecipient\b).){{0,40}}\b{_NO_SENDER}
            callout|callback|sender verif|\bbatv\b|\bforged|spoof
            from\W{{0,4}}@\W{{0,4}}(?:(?:is|was)\W)?(?:reject|denied|refused|{_GONE})
            (?:invalid|unknown|bad|illegal|verify|refused|unrout\w+|null) (?:(?:the|your) )?(?:sender|mail ?from|return)
            your (?:e-?mail )?address\W+(?:@\W+)?(?:(?:is|was)\W)?{_GONE}
            your (?:account|ip|host|server|domain|network|(?:e-?mail )?address)\b.{{0,60}}{_SHUT_OUT}
            (?:unable to|cannot|can't|could not|couldn't) verify your|(?<!if )\byou(?: are|'re) not\b(?! the)|want your
            only accept|accept\w*(?: any)? (?:mail|messages|e-?mails?) (?:only )?from
            too many (?!hops|(?:mail|message|e-?mail|file)s? (?:on the server|(?:in|for) .{{0,10}}box))
            (?:exceed|limit|number).{{0,30}}(?:invalid|unknown|bad) (?:recipient|user|address)
            (?:daily|sending|hourly|message rate) .{{0,12}}(?:limit|quota)
        """),
    ),
    (
        Reason.MAILBOX_FULL,
        _table(r"""
            (?:box|folder|account|storage|user|recipient).{0,20}\bfull\b|\bfull (?:mail ?|in)box
            over.{0,12}quota|quota.{0,20}(?:exceed|violat|full|reach)
            (?:exceed|reach|exhaust|over |run out).{0,30}(?:quota|storage|disk space)
            (?:exceed|reach|exhaust|over |run out).{0,30}mailbox (?:size|limit|capacity|allocation)
            box\b(?:(?!message).){0,30}(?:reach|exceed|used up)(?:(?!message).){0,30}(?:limit|size|space|capacity)
            (?:mail ?box|inbox|storage|account|blocks|inode)(?: size| space| limit| has| is| was| been| usage)* exceed
            (?:mail ?box|inbox|storage|account)(?: has| is| was| been)* over (?:the |its |his )?(?:limit|size|allow)
            (?:box|storage|account) (?:capacity|limit|size)\W(?:has been |is |was )?(?:reach|exceed)
            out of (?:disk |storage )?(?:space|quota|storage)|(?:space|room|storage).{0,4} not enough|not have enough
            mailbox.{0,30}(?:size limit|maximum size|too (?:large|big))|max\w* mailbox
            (?:not enough|insufficient|no(?: more)?) (?:free )?(?:disk |storage |mailbox )?(?:space|storage|quota|room)
            too many (?:mail|message|e-?mail|file)s? (?:on the server|(?:in|for) .{0,10}box)
        """),
    ),
    (
        Reason.BAD_ADDRESS,  # before what is blocked for other causes
        r"(?:user|mailbox|inbox|account|address|recipient)\b.{0,60}\b(?:inactivity|disuse|non-?use|lack of use)\b",
    ),
    (
        Reason.POLICY,
        _table(r"""
            \bspam|black ?list|block ?list|\b(?:dns|r)bl\b|reputation|\bdmarc\b|\bdkim\b|\bspf\b|\bpolic(?:y|ies)\b
            phish|unsolicited|\bbanned\b|suspicious|reverse (?:dns|map)|\bptr\b|content filter|not authenticated
            authentication required|\bvirus|malware
            (?:message|mail|host|ip|connection|sender).{0,20} blocked
            blocked (?:by|using|for|due)(?!.{0,12}(?:inactivity|non-?use|disuse))
        """),
    ),
    (
        Reason.OTHER,  # a while, not for good
        _table(r"""
            receiving (?:mail|e-?mail|messages) (?:at|too)|grey-?list|temporar|at this time|at the moment|right now
            try (?:again )?(?:later|in)\b|retry (?:later|time)|per (?:hour|minute|day)\b|rate limit
            connection (?:timed|refused|reset|lost)
            \bserver(?: (?:for|of) (?:the|this) \S+)? (?:(?:is|was|does|did) )?(?:unavailable|unreachable|not respond)
            (?:message|mail|time|delivery|timeout|queue)\W+(?:has |was |is )?expired|expired (?:in|from) (?:the )?queue
        """),
    ),
    (
        Reason.BAD_ADDRESS,
        _table(rf"""
            \b{_READER}\b(?:(?!\b{_NOT_HIS}\b).){{0,40}}?\b{_GONE}\b
            \b{_NOT}[ :-]+(?:(?:local|e-?mail|mail|destination|final|virtual|the|this|that)[ -])*{_READER}\b
            [@…]\W{{1,5}}(?:(?:is|was|address|seems?|mailbox)\W+)*{_GONE}\b
            no such (?:mail|person|name|local|e-?mail|domain)|no mail ?box|nosuchuser|recip(?:ient)?notfound
            \bno (?:matching )?(?:user|account|recipient|address)\b.{{0,30}}\b(?:name|here|found|exists?)\b
            non-?existent|(?:does ?n.t|does not|is not|not) exist
            (?:does ?n.t|does not|not) have an? .{{0,30}}(?:account|mail ?box|user\b)
            5\.4\.1\b.{{0,50}}access denied|5\.1\.0\b.{{0,20}}address rejected
            no longer (?:valid|available|in use|active|employed|works?|with (?:us|the))
            no longer accepts? (?:e-?mail|mail|messages)|no longer an? (?:customer|user|member|employee)
            left (?:the|our|this) (?:company|firm|organi[sz]ation|business|university|school)
            not (?:in|on) (?:(?:our|the|my|any) )?(?:(?:valid|local) )?(?:address ?book|directory|{_LISTED})
            \b(?:user|account)\b.{{0,20}}\blocked\b(?! by)|recipient name is not recognized
        """),
    ),
)
BY_WORDS = _in_order(  # where there is no code that means something
    (Reason.TOO_LARGE, r"too (?:large|big)|(?:message|size).{0,20}exceeds"),
    (
        Reason.POLICY,
        _table(r"""
            block|not allowed|denied|relay|authenticat|rcpthosts
            \bip\b\W{0,3}\d|\(bl\)|\bhelo\b|\behlo\b|white ?list|refuses
            (?:mail|message)s? (?:(?:was|were|has been|have been) )?(?:rejected|refused)
        """),
    ),
)
