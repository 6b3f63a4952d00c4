"""Bounces in the words of servers and providers that the rules were not made for; made from a table, in six forms.

What the first run gave, before anything was mended after it: `docs/decisions/0023-bounces-by-their-words.md`.
"""

from collections.abc import Iterator

from tests.bounces import DOMAIN

BAD, FULL, LATER, POLICY, CONTENT, UNKNOWN = "bad-address", "mailbox-full", "later", "policy", "content", "unknown"

REPLIES = [  # the kind, the status of a report if it has one, and what the server said
    (BAD, "5.1.1", "550 5.1.1 Mail Refused - Address <{to}> Recipient Unknown (ms:2)"),
    (BAD, "5.0.0", "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]"),
    (BAD, "5.0.0", "554 delivery error: dd Not a valid recipient - mta4011.biz.mail.example"),
    (BAD, "5.1.1", "550 5.1.1 <{to}>... Relaying to unknown local user"),
    (BAD, "5.0.0", "550 <{to}>: mailbox <{to}> is restricted because the account was terminated"),
    (BAD, "5.4.1", "550 5.4.1 {to}: Recipient address rejected: Access denied [AM5EUR02FT053.eop-EUR02.prod.example]"),
    (BAD, "5.1.0", "550 5.1.0 <{to}> Address rejected: there is no such customer"),
    (BAD, "5.7.1", "550 5.7.1 <{to}>: Recipient not found, see https://postmaster.example/spam/blocked"),
    (BAD, "5.0.0", "550 sorry, no such mailbox here (#5.1.1)"),
    (BAD, "5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)."),
    (BAD, "5.0.0", "550 RCPT TO:<{to}> User not exist"),
    (BAD, "5.1.1", "511 5.1.1 unable to verify user"),
    (BAD, "5.0.0", "550 The account has been deactivated due to inactivity"),
    (
        BAD,
        "5.2.1",
        "550 5.2.1 The email account that you tried to reach is disabled. Learn more at https://a.example/p=Dis",
    ),
    (BAD, "5.0.0", "550 5.1.6 recipient no longer on server: {to}"),
    (BAD, "5.0.0", "551 not our customer"),
    (BAD, "5.1.1", "550 5.1.1 sorry, no mailbox here by that name (#5.1.1 - chkusr)"),
    (BAD, "5.0.0", "550 #5.1.0 Address rejected."),
    (BAD, "5.0.0", "550 No such local user"),
    (BAD, "5.1.1", "550 5.1.1 <{to}> is not a valid mailbox"),
    (BAD, "5.0.0", "550 Addressee unknown in this domain"),
    (BAD, "5.0.0", "553 5.3.0 <{to}>... This account is closed, the person has left the company"),
    (BAD, "5.0.0", "550 user not local; please try <forward-path>"),
    (BAD, "5.1.2", "550 5.1.2 Domain for <{to}> has no MX and no A records"),
    (BAD, "5.0.0", "554 5.4.4 Unable to route: Host not found: no such domain"),
    (BAD, "5.0.0", "550 unrouteable address"),
    (BAD, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    (BAD, "5.0.0", "550 That recipient is not in our address book"),
    (BAD, "5.0.0", "550 5.2.1 user account has expired"),
    (BAD, "5.0.0", "554 Recipient does not exist here, bye"),
    (BAD, "5.0.0", "550 non-existent user"),
    (BAD, "5.0.0", "550 Пользователь не найден: такой ящик не зарегистрирован"),
    (BAD, "5.0.0", "550 Скрыня выдаленая, адрасата няма"),
    (BAD, "5.0.0", "550 Konto nie istnieje lub zostało usunięte"),
    (BAD, "5.0.0", "550 Empfaenger unbekannt"),
    (
        FULL,
        "5.2.2",
        "552 5.2.2 This message is larger than the current system limit or the recipient's mailbox is full.",
    ),
    (FULL, "5.0.0", "552 Requested mail action aborted: exceeded storage allocation"),
    (FULL, "5.2.2", "452 4.2.2 Mailbox full"),
    (FULL, "5.0.0", "550 <{to}>: quota exceeded, mailbox for user is full"),
    (FULL, "5.1.1", "552 5.1.1 Boite du destinataire pleine. Recipient overquota. OFR_417 [417]"),
    (FULL, "5.0.0", "554 Benutzer hat sein Speicherkontingent ausgeschöpft (over quota)"),
    (FULL, "5.0.0", "550 Почтовый ящик переполнен, письмо не принято"),
    (FULL, "5.0.0", "552 sorry, the recipient's mailbox has reached its maximum size limit"),
    (FULL, "5.0.0", "552 user has run out of disk space"),
    (LATER, "4.4.2", "451 4.4.2 conversation with mx timed out while sending end of data"),
    (LATER, "4.4.1", "connect to mx.example.net[198.51.100.4]:25: No route to host"),
    (LATER, "4.4.7", "421 4.4.2 Connection dropped due to SocketError"),
    (LATER, "4.7.1", "451 4.7.1 Try again later: sender is unknown to us yet"),
    (LATER, "4.3.1", "452 4.3.1 Insufficient system resources"),
    (LATER, "4.4.3", "Name service error: Host not found, try again"),
    (POLICY, "5.7.1", "550 5.7.1 Mail from IP 192.0.2.7 was rejected due to listing in the XBL"),
    (POLICY, "5.0.0", "554 Denied [CS] - Denied by content security - See https://x.example/?q=1 (Mode: normal)"),
    (
        POLICY,
        "5.1.1",
        "550 5.1.1 Your mail was identified as junk and refused by the recipient's rules (spam score 9.2)",
    ),
    (POLICY, "5.7.23", "550 5.7.23 The message was rejected because of Sender Policy Framework violation"),
    (
        POLICY,
        "5.0.0",
        "550 Rejected by header based Anti-Spoofing policy: digest@week.example.org - https://c.example/#550",
    ),
    (POLICY, "5.7.0", "550 5.7.0 Local Policy Violation"),
    (POLICY, "5.0.0", "554 IP=192.0.2.7 - A problem occurred. Ask your postmaster for help. (BL)"),
    (POLICY, "5.7.1", "550 #5.7.1 Your access to submit messages to this e-mail system has been rejected."),
    (POLICY, "5.1.8", "553 5.1.8 <bounce@week.example.org>... Domain of sender address does not exist"),
    (POLICY, "5.0.0", "550 Sender's domain has no valid DMARC record; user may not receive it"),
    (POLICY, "5.7.1", "550 5.7.1 <{to}>: Recipient address rejected: Access denied"),
    (POLICY, "5.0.0", "550 Too many invalid recipients"),
    (POLICY, "5.0.0", "554 5.7.1 Письмо отклонено: подозрение на спам"),
    (
        POLICY,
        "5.7.1",
        "550 5.7.1 [TSS07] Connections will not be accepted from 192.0.2.7, because the ip is in a blocklist",
    ),
    (POLICY, "5.0.0", "550 Blocked - see https://ipcheck.pp.example/?ip=192.0.2.7"),
    (CONTENT, "5.6.0", "554 5.6.0 Corrupt message content"),
    (CONTENT, "5.3.4", "552 5.3.4 Error: message file too big"),
    (CONTENT, "5.0.0", "554 5.6.1 Header line too long"),
    (CONTENT, "5.0.0", "552 5.2.3 Data size exceeds maximum permitted"),
    (UNKNOWN, "5.0.0", "554 Transaction failed"),
    (UNKNOWN, "5.3.0", "554 5.3.0 Failed: error 17 in delivery agent"),
]

INTROS = [  # from, subject, and how a server begins that does not keep to RFC 3464
    ("Mail Administrator <Postmaster@relay.example.net>", "Mail System Error - Returned Mail",
     "This Message was undeliverable due to the following reason:\n\n{reply}\n\n"
     "Please reply to <Postmaster@relay.example.net>\nif you feel this message to be in error."),
    ("MAILER-DAEMON@mta.example.net", "**Message you sent blocked or returned**",
     "The message you sent to {to} was not delivered.\nReason given by the other side:\n\n  {reply}\n"),
    ("postmaster@poczta.example.net", "Niedostarczona wiadomość",
     "Serwer nie mógł dostarczyć wiadomości do: {to}\n\nOdpowiedź serwera: {reply}\n"),
    ("Почтовая служба <mailer-daemon@pochta.example.net>", "Ошибка доставки сообщения",
     "Здравствуйте!\n\nСообщение для {to} вернулось.\nОтвет сервера получателя:\n{reply}\n"),
]  # fmt: skip

OTHERS = [  # what is no bounce: subject, text, who writes
    ("Abwesenheitsnotiz: The Week", "Ich bin bis 21.10. nicht erreichbar.", "Anna <{to}>"),
    ("Re: The Week", "Прывітанне! Мяне няма на працы да панядзелка, пішыце калегам.", "Anna <{to}>"),
    ("Re: The Week", "Nieobecność: wracam 21 października.", "Anna <{to}>"),
    ("Відпустка", "Доброго дня! Я у відпустці, відповім згодом.", "Anna <{to}>"),
    ("Fuera de la oficina", "Estoy de vacaciones hasta el lunes.", "Anna <{to}>"),
    ("Autosvar: The Week", "Jag är på semester.", "Anna <{to}>"),
    (
        "Your message is delayed",
        "We could not reach the server yet. We will try again for 3 days.",
        "MAILER-DAEMON@mta.example.net",
    ),
    ("Затримка", "Доставка затримується, спроби доставки триватимуть 2 дні.", "mailer-daemon@mta.example.net"),
    ("Warning: mail delayed 8 hours", "Delivery attempts will continue.", "Mailer-Daemon@mta.example.net"),
]


def unseen(recipient: str) -> Iterator[tuple[str, str, str]]:
    """Yield a name, the message, and the kind that it is; the kind is empty for what is no bounce."""
    for number, (kind, status, reply) in enumerate(REPLIES):
        reply = reply.replace("{to}", recipient)
        yield f"report-{number}", _report(number, recipient, status, reply), kind
        author, subject, text = INTROS[number % len(INTROS)]
        if not status.startswith("4"):
            yield f"words-{number}", _mail(author, subject, text.format(to=recipient, reply=reply)), kind
    for number, (subject, text, author) in enumerate(OTHERS):
        yield f"other-{number}", _mail(author.format(to=recipient), subject, text.format(to=recipient)), ""


def _mail(author: str, subject: str, text: str) -> str:
    return (
        f"From: {author}\nTo: bounce@{DOMAIN}\nSubject: {subject}\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    )


def _report(number: int, recipient: str, status: str, reply: str) -> str:
    kind = ("smtp", "SMTP", "X-Server")[number % 3]
    words = "" if number % 2 else "Your mail could not be delivered, see the details.\n"
    return (
        f"From: mailer-daemon@mta.example.net\nTo: bounce@{DOMAIN}\nSubject: Delivery Status\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type="delivery-status"; boundary="=-b{number}"\n\n'
        f"--=-b{number}\nContent-Type: text/plain; charset=utf-8\n\n{words}\n"
        f"--=-b{number}\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;mta.example.net\n\n"
        f"Final-Recipient: RFC822; {recipient}\nAction: failed\nStatus: {status}\nDiagnostic-Code: {kind}; {reply}\n\n"
        f"--=-b{number}--\n"
    )
