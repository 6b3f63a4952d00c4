"""What becomes of a delivery, and what a server's answer means for it.

After RFC 5321 section 4.2 (reply codes), RFC 3463 (enhanced codes) and what servers really say.
"""

from newsletter.outcomes.judging import judge
from newsletter.outcomes.reasons import reason_for
from newsletter.outcomes.scrubbing import ADDRESS, scrub
from newsletter.outcomes.states import OPEN, UNSURE, Outcome, Reason, Reply, ServerOut, State, Step

__all__ = [
    "ADDRESS",
    "OPEN",
    "UNSURE",
    "Outcome",
    "Reason",
    "Reply",
    "ServerOut",
    "State",
    "Step",
    "judge",
    "reason_for",
    "scrub",
]
