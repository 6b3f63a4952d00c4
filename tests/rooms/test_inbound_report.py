"""What comes back: each sample of a server or provider is found to be what the table says, and leads to its reader."""

from collections import Counter

import pytest

from newsletter import tokens
from newsletter.badnews import BounceReport, Complaint
from newsletter.inbound.mail import Ignored, Mail, Source, Unclear
from newsletter.inbound.reports.diagnosis import enhanced_of, kind_of
from newsletter.inbound.reports.report import read_report
from newsletter.messageids import Named, message_id
from newsletter.outcomes import ADDRESS
from newsletter.tokens import Purpose
from tests.bounces import DIGEST, DOMAIN, RECIPIENT, filled, samples
from tests.bounces.expected import EXPECTED, KINDS
from tests.bounces.unseen import BAD, unseen
from tests.letters import sample
from tests.unit.rings import ring

KEYRING, PUBLICATION = ring(1), sample.publication()
READER = b"reader 1"
SAMPLES = samples()
WHY = {
    "delay": "delay",
    "automatic": "automatic reply",
    "delivered": "it was delivered",
    "receipt": "a receipt",
    "challenge": "a challenge",
    "no-complaint": "a report that is no complaint",
}


def judge(mail: Mail, ref: bytes | None = None) -> BounceReport | Complaint | Ignored | Unclear:
    return read_report(mail, PUBLICATION, KEYRING, ref)


def report(content: str, ref: bytes | None = None) -> BounceReport:
    found = judge(Mail(Source.LMTP, f"bounce@{DOMAIN}", "", content.encode()), ref)
    assert isinstance(found, BounceReport), found
    return found


def test_every_sample_has_a_row_and_every_row_a_sample() -> None:
    assert list(SAMPLES) == sorted(EXPECTED)
    assert sum(row.what in KINDS for row in EXPECTED.values()) >= 48


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_sample_is(name: str) -> None:
    row = EXPECTED[name]
    found = judge(filled(SAMPLES[name], KEYRING, READER), READER)
    if row.what in KINDS:
        assert isinstance(found, BounceReport)
        assert (found.kind, found.enhanced) == (row.what, row.enhanced)
        assert found.suspect.ref == READER
    elif row.what == "complaint":
        assert isinstance(found, Complaint)
        assert not found.is_signed
    elif row.what == "unclear":
        assert isinstance(found, Unclear)
    else:
        assert found == Ignored(WHY[row.what])


@pytest.mark.parametrize("name", [name for name, row in EXPECTED.items() if row.who])
def test_where_the_token_is_lost_the_next_best_leads_to_the_reader(name: str) -> None:
    found = judge(filled(SAMPLES[name], KEYRING, READER, verp=False))
    assert isinstance(found, BounceReport | Complaint)
    suspect = found.suspect
    if EXPECTED[name].who == "message-id":
        assert suspect.named == Named(DIGEST, READER, 0)
    elif EXPECTED[name].who == "leave":
        assert (suspect.ref, suspect.named) == (READER, None)
    else:
        assert not suspect.is_proven
        assert str(suspect.address) == RECIPIENT


@pytest.mark.parametrize("name", EXPECTED)
def test_the_words_that_are_kept_name_nobody(name: str) -> None:
    for verp in (True, False):
        text = getattr(judge(filled(SAMPLES[name], KEYRING, READER, verp=verp)), "text", "")
        assert "anna" not in text.lower()
        assert "reader.example" not in text.lower()
        assert not ADDRESS.search(text.replace("<…>", ""))
        assert len(text) <= 300


def test_the_digest_is_named_where_it_is_quoted_also_if_the_reader_is_known() -> None:
    found = judge(filled(SAMPLES["postfix-unknown"], KEYRING, READER), READER)
    assert isinstance(found, BounceReport)
    assert found.suspect.named == Named(DIGEST, READER, 0)


def test_of_several_quoted_message_ids_the_one_of_the_known_reader_counts() -> None:
    ids = [message_id(KEYRING, digest, ref) for digest, ref in ((5, b"reader 2"), (6, READER))]
    mail = filled(SAMPLES["postfix-no-quote"], KEYRING, READER)
    quoting = mail.content + "".join(f"\nMessage-ID: <{one}@{DOMAIN}>" for one in ids).encode()
    found = judge(Mail(mail.source, mail.recipient, "", quoting), READER)
    assert isinstance(found, BounceReport)
    assert found.suspect.named == Named(6, READER, 0)


def test_a_token_that_is_forged_or_for_something_else_proves_nothing() -> None:
    mail = filled(SAMPLES["postfix-no-quote"], KEYRING, READER)
    good = tokens.make(KEYRING, Purpose.LEAVE, READER)
    forged = good[:-1] + ("0" if good[-1] != "0" else "1")
    others = tokens.make(KEYRING, Purpose.PREFERENCES, READER), tokens.make(ring(9), Purpose.LEAVE, READER), forged
    for token in others:
        quoting = mail.content.replace(mail.recipient.encode(), f"leave+{token}@{DOMAIN}".encode())
        found = judge(Mail(mail.source, "", "", quoting + f"\nleave+{token}@{DOMAIN}".encode()))
        assert isinstance(found, BounceReport)
        assert not found.suspect.is_proven


def test_our_own_addresses_are_never_the_reader() -> None:
    content = SAMPLES["postfix-no-quote"]
    found = judge(filled(content, KEYRING, READER, verp=False, recipient=f"digest@{DOMAIN}"))
    assert isinstance(found, BounceReport)
    assert found.suspect.address is None


def test_a_report_that_says_it_went_on_to_somebody_says_nothing_against_the_reader() -> None:
    content = SAMPLES["several-recipients"].replace(b"Action: failed\nStatus: 5.1.1", b"Action: relayed\nStatus: 2.1.9")
    assert judge(filled(content, KEYRING, READER), READER) == Ignored("it was delivered")


def test_more_parts_than_anybody_sends_are_for_a_person_to_look_at() -> None:
    content = b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n\nx\n" * 200
    assert judge(Mail(Source.LMTP, "", "", content), READER) == Unclear("more than 100 parts")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("550 5.7.1 No such user!", "bad-address"),
        ("550 5.1.1 rejected: blocked by policy", "policy"),
        ("550 5.2.1 The user you are trying to contact is receiving mail too quickly", "later"),
        ("550 5.1.0 <bounce@week.example.org>: Sender address rejected: User unknown", "policy"),
        ("550 5.5.0 something else", "unknown"),
        ("552 5.2.3 too large", "content"),
        ("554 5.6.0 malformed", "content"),
        ("550 see https://errors.example/no-such-user and user-unknown@errors.example", "unknown"),
        ("550 listed at user-unknown.example", "unknown"),
    ],
)
def test_the_words_decide_where_a_code_says_little_or_the_opposite(reply: str, kind: str) -> None:
    content = (
        "From: MAILER-DAEMON@mx.example.net\nSubject: failure\nContent-Type: multipart/report; boundary=b\n\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        f"Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; {reply}\n\n--b--\n"
    )
    assert report(content, READER).kind == kind


@pytest.mark.parametrize(
    ("reply", "kind"),
    [  # each language, and what is near it and not the reader's fault
        ("Абонент больше не обслуживается", "bad-address"),
        ("550 5.7.1 Получатель не зарегистрирован", "bad-address"),
        ("550 5.7.1 Отправитель не зарегистрирован", "policy"),
        ("Неизвестная ошибка, получатель тот же", "unknown"),
        ("Ящик временно отключен", "unknown"),
        ("Уліковы запіс атрымальніка адключаны", "bad-address"),
        ("Обліковий запис одержувача видалено", "bad-address"),
        ("Skrzynka jest nieaktywna", "bad-address"),
        ("Postfach ungueltig", "bad-address"),
        ("Unbekannter Fehler im Postfach", "unknown"),
        ("Boite aux lettres desactivee", "bad-address"),
        ("L'expéditeur n'existe pas à cette adresse", "unknown"),
        ("La cuenta fue dada de baja", "bad-address"),
        ("Questa casella non e' attiva", "bad-address"),
        ("Utilizador nao encontrado", "bad-address"),
        ("Uživatel byl vymazán", "bad-address"),
        ("Vartotojas nerastas", "bad-address"),
        ("Adrese nav atrasta, lietotājs dzēsts", "bad-address"),
        ("De gebruiker is verwijderd", "bad-address"),
        ("Brukeren finnes ikke", "bad-address"),
        ("Osoite on virheellinen", "bad-address"),
        ("Posta kutusu kapatıldı", "bad-address"),
        ("此邮箱已注销", "bad-address"),
        ("宛先は無効です", "bad-address"),
        ("수신자 계정이 비활성 상태입니다", "bad-address"),
        ("发件人邮箱不存在", "unknown"),
        ("Квота ящика исчерпана", "mailbox-full"),
        ("Объем скрыни перавышаны", "mailbox-full"),
        ("Das Postfach hat sein Limit ueberschritten", "mailbox-full"),
        ("La casilla ha excedido su cuota", "mailbox-full"),
        ("用户邮箱空间已满", "mailbox-full"),
        ("552 the message line is too long", "content"),
        ("550 Message headers are not as they should be", "content"),
        ("550 The recipient may get 30 messages per hour", "later"),
        ("550 5.1.8 no", "policy"),
    ],
)
def test_servers_speak_of_the_reader_in_many_languages(reply: str, kind: str) -> None:
    assert kind_of(enhanced_of("5.0.0", reply), reply) == kind


def test_bounces_that_the_rules_were_not_made_for_are_seen_and_judged() -> None:
    counted: Counter[str] = Counter()
    for name, text, kind in unseen(RECIPIENT):
        found = judge(Mail(Source.LMTP, "", "", text.encode()), READER)
        if not kind:
            assert isinstance(found, Ignored), name
            continue
        said = found.kind if isinstance(found, BounceReport) else ""
        counted.update(
            {
                "bounces": 1,
                "seen": said != "",
                "bad": kind == BAD,
                "said bad": said == BAD,
                "right": said == kind == BAD,
            }
        )
    assert counted["bounces"] >= 120
    assert counted["seen"] >= 0.98 * counted["bounces"]
    assert counted["right"] >= 0.95 * counted["said bad"]
    assert counted["right"] >= 0.85 * counted["bad"]


@pytest.mark.parametrize(
    "text",
    [
        "Subject: Re: The budget was rejected\nAuto-Submitted: auto-replied\n\nI am away: not delivered to others.",
        "Subject: Re: The Week\n\nThe last letter was rejected by my spam filter, could you look?",
        "Subject: Re: The Week\nAuto-Submitted: auto-replied\n\nЯ пакуль не тут. Законапраект вярнулася ў парламент.",
        "Subject: Re: The Week\nAuto-Submitted: auto-replied\n\nCall me: 550 12 34 or 450-7777",
    ],
)
def test_a_person_or_a_vacation_note_may_quote_words_of_failure(text: str) -> None:
    mail = Mail(Source.LMTP, f"bounce@{DOMAIN}", "", f"From: Anna <{RECIPIENT}>\n{text}\n".encode())
    assert isinstance(judge(mail, READER), Ignored | Unclear)
