"""Why a server refused, as servers really say it: the words go before the code, and the sender's faults before all."""

from time import process_time

import pytest

from newsletter.outcomes import Reason, Reply, reason_for


@pytest.mark.parametrize(
    ("enhanced", "text", "reason"),
    [
        ("5.7.1", "No such user!", Reason.BAD_ADDRESS),
        ("5.4.1", "Recipient address rejected: Access denied. AS(201806281)", Reason.BAD_ADDRESS),
        ("5.7.1", "<…>: Recipient address rejected: Access denied", Reason.POLICY),
        ("5.1.1", "Message blocked due to spam content", Reason.POLICY),
        ("5.1.0", "Sender address rejected: User unknown", Reason.POLICY),
        ("5.2.1", "The email account that you tried to reach is disabled", Reason.BAD_ADDRESS),
        ("5.2.1", "The user you are trying to contact is receiving mail too quickly", Reason.OTHER),
        ("5.1.1", "Boite du destinataire pleine. Recipient overquota", Reason.MAILBOX_FULL),
        ("", "Requested action not taken: mailbox unavailable", Reason.BAD_ADDRESS),
        ("", "Message was not accepted -- invalid mailbox. Local mailbox <…> is unavailable", Reason.BAD_ADDRESS),
        ("", "This user doesn't have a yahoo.example account", Reason.BAD_ADDRESS),
        ("", "Too many invalid recipients", Reason.POLICY),
        ("", "Daily sending quota exceeded", Reason.POLICY),
        ("", "Your IP address is unknown to us and was rejected", Reason.POLICY),
        ("5.1.1", "rejected, see https://spam.example/blocked?policy", Reason.BAD_ADDRESS),
        ("", "host mx.spam-policy.example said no", Reason.OTHER),
        ("", "Client host blocked using zen.dnsbl.example", Reason.POLICY),
    ],
)
def test_why_a_server_refused(enhanced: str, text: str, reason: Reason) -> None:
    assert reason_for(Reply(550, text, enhanced)) is reason


BAD, FULL, POLICY, OTHER = Reason.BAD_ADDRESS, Reason.MAILBOX_FULL, Reason.POLICY, Reason.OTHER


@pytest.mark.parametrize(
    ("text", "reason"),
    [  # each family of words beside what looks like it and is not
        ("The addressee could not be located", BAD),
        ("The sender could not be located", POLICY),
        ("Alias is not provisioned", BAD),
        ("Your e-mail address is not registered with this list", POLICY),
        ("Deactivated inbox", BAD),
        ("Inbox temporarily deactivated", OTHER),
        ("Mailbox blocked due to inactivity", BAD),
        ("Mail blocked due to complaints", POLICY),
        ("Recipient is not in our user list", BAD),
        ("You are not on the recipient's list of friends", POLICY),
        ("Recipient verification in directory failed", BAD),
        ("Sender verification in directory failed", POLICY),
        ("Cannot verify recipient", BAD),
        ("Cannot verify your address", POLICY),
        ("The employee has left", BAD),
        ("Returned to sender: alias unknown", BAD),
        ("This address does not accept mail.", BAD),
        ("This address does not accept mail from your network", POLICY),
        ("anna@reader.example is no longer known", BAD),
        ("<…> not found", BAD),
        ("Message from news@week.example refused", POLICY),
        ("Client address not found", OTHER),
        ("The server for this mailbox is unavailable", OTHER),
        ("Message for this account was deleted from the queue", OTHER),
        ("The recipient gets too much mail per hour", OTHER),
        ("User account disabled because it exceeded its quota", FULL),
        ("Too many messages in the mailbox", FULL),
        ("Too many messages in this session", POLICY),
        ("The account has exhausted its storage", FULL),
        ("Insufficient system storage", OTHER),
        ("Invalid sender", POLICY),
        ("HELO name is not valid", POLICY),
        ("If you are not the one meant, delete this: no such alias", BAD),
    ],
)
def test_a_family_of_words_and_its_neighbours(text: str, reason: Reason) -> None:
    assert reason_for(Reply(550, text)) is reason


def test_no_words_take_long() -> None:
    """A server may say anything: no pattern goes through it again and again."""
    began = process_time()
    for piece in ("user ", "user not been ", "sender ", "@", "a", "mailbox size ", "recipient check ", "no user "):
        reason_for(Reply(550, piece * 2000))
    assert process_time() - began < 2
