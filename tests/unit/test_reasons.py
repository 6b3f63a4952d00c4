"""Why a server refused, as servers really say it: the words go before the code, and the sender's faults before all."""

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
