"""What each kind of notice says; the words stand in the catalogues, the commands are the same everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass


def N_(message: str) -> str:
    """Mark a text for the catalogues; it is translated where the language is known."""
    return message


@dataclass(frozen=True, slots=True)
class Words:
    """One kind: a line for the subject, what happened, what to do, and commands; `WEEK` in those is the week's code."""

    title: str
    happened: str
    todo: str
    commands: tuple[str, ...]


SEND = "newsletter digest send WEEK"
STATUS = "newsletter digest status WEEK"

KINDS: Mapping[str, Words] = {
    "empty": Words(
        N_("nothing to send"),
        N_("Nobody has written a commentary for this week, so no letter has gone out."),
        N_("If that is as it should be, there is nothing to do. Otherwise load the commentaries and send the letter:"),
        ("newsletter load PATH", SEND),
    ),
    "empty-edition": Words(
        N_("an edition stays without a letter"),
        N_("An edition has nothing to read this week: no commentary is written in its languages."),
        N_("Its readers get no letter this week. See what the other editions get:"),
        (STATUS,),
    ),
    "unlisted-edition": Words(
        N_("readers of an edition that is gone"),
        N_("Some readers belong to an edition that the publication no longer has. They get no letter."),
        N_("Put the edition back into publication.toml, or ask those readers which one they want now."),
        (),
    ),
    "late": Words(
        N_("too late to start by itself"),
        N_(
            "The letter was due, but nothing ran at that hour. Now it is too late for an automatic start, "
            "and no reader has got it."
        ),
        N_("To send it now:"),
        (SEND,),
    ),
    "not-closed": Words(
        N_("a week could not be closed"),
        N_("The letter was due, but it could not be written. No reader has got it; it is tried again every minute."),
        N_("Put right what the text above names. See what the letter would be:"),
        ("newsletter digest preview WEEK --out DIR",),
    ),
    "approval": Words(
        N_("a letter waits for your approval"),
        N_("The letter is ready. It goes to nobody until you approve it."),
        N_("Look at it, approve it, send it:"),
        ("newsletter digest preview WEEK --edition EDITION --out DIR", "newsletter digest approve WEEK", SEND),
    ),
    "server-out": Words(
        N_("a mail server refuses us"),
        N_(
            "A mail server refuses to work with us, so it gets no more mail. No reader is to blame, and what is owed "
            "stays owed."
        ),
        N_("Check NEWSLETTER_SMTP_URL against what the server says, then start again:"),
        (SEND, STATUS),
    ),
    "one-server-out": Words(
        N_("one of the mail servers is out"),
        N_(
            "One of the mail servers refuses us or cannot be reached. The others go on, "
            "and it is asked again by itself."
        ),
        N_("If that does not end, check NEWSLETTER_SMTP_URL against what the server says. See how they fare:"),
        ("newsletter servers",),
    ),
    "server-unreachable": Words(
        N_("the mail server does not answer"),
        N_("The mail server cannot be reached. What is owed stays owed, and is tried again every minute."),
        N_("Check that it runs, and NEWSLETTER_SMTP_URL. See where the letter stands:"),
        (STATUS,),
    ),
    "content-refused": Words(
        N_("the mail server refuses the letter"),
        N_("Everything sent so far was refused for what is in it, so sending is paused. No reader is charged."),
        N_("Read what the server says above, try a test letter, then go on:"),
        ("newsletter test-send WEEK --edition EDITION --to ADDRESS", SEND),
    ),
    "nobody": Words(
        N_("nobody to send to"),
        N_("The letter was due, but no active reader has chosen a language in which there is something this week."),
        N_("Once there are readers:"),
        (SEND,),
    ),
    "unsealable": Words(
        N_("an address cannot be opened"),
        N_("The sealed address of a reader is damaged or was sealed with another key. That reader got no letter."),
        N_("Bring the row back from a backup of the database. See where the letter stands:"),
        (STATUS,),
    ),
    "attack": Words(
        N_("somebody signs other people up"),
        N_(
            "Many addresses are entered into the form, and hardly any is confirmed. "
            "For now each network may ask less often."
        ),
        N_(
            "It ends by itself. If it goes on for days, lower NEWSLETTER_ASKINGS_PER_NETWORK "
            "and NEWSLETTER_ASKINGS_IN_ALL."
        ),
        (),
    ),
    "many-bad-addresses": Words(
        N_("too many addresses are bad at once"),
        N_(
            "A large share of the readers of this letter is said to have no mailbox. That is hardly true: a mail "
            "server between us errs. What was said of this letter counts against nobody."
        ),
        N_("Ask whoever runs the mail server why it refuses them. See what it said:"),
        (STATUS, "newsletter servers"),
    ),
    "policy-refusals": Words(
        N_("a provider turns the letter away"),
        N_(
            "Many readers have their mailboxes at the domain named below, and it refuses this letter as spam or by a "
            "rule of its own. No reader is to blame, and nobody is stopped for it."
        ),
        N_("Check SPF, DKIM and DMARC of the sender's domain, and what the provider says to senders:"),
        ("newsletter check", STATUS),
    ),
    "answers-limit": Words(
        N_("more mail came in than is answered in an hour"),
        N_("More people have written than may be answered in an hour. Their mail waits, and is answered later."),
        N_("If it goes on, and they are readers, raise NEWSLETTER_ANSWERS_IN_ALL."),
        (),
    ),
    "review": Words(
        N_("mail came in that nobody understands"),
        N_("Something that readers or mail servers sent could not be understood. It is kept until you have seen it."),
        N_("Look at it, then have it tried again or forgotten:"),
        ("newsletter inbound review",),
    ),
    "unbalanced": Words(
        N_("the numbers do not add up"),
        N_("The deliveries of this week do not add up to the number that was planned. That must never happen."),
        N_("Change nothing in the database, keep the logs, and look at the numbers:"),
        (STATUS,),
    ),
}

UNLISTED = Words(
    N_("something needs your attention"),
    N_("The newsletter has met something that it cannot settle by itself."),
    N_("What is owed to readers stays owed. See where it stands:"),
    (STATUS,),
)
