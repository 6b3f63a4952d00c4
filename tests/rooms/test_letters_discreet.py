"""The discreet variant is neutral all through: what is seen of a letter, where it leads, who signs it."""

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from newsletter.digest import Outlook, Variant
from newsletter.keyfile import KID, Key
from newsletter.languages import Language
from newsletter.letters import LEAVE_SLOT, Letter, Signers, compile_letter, exposures, open_signers, write
from newsletter.letters.dkimkeys import create_signing_key, dns_name, dns_value
from newsletter.publication import Publication, Sender
from newsletter.sealing import Keyring
from newsletter.tokens import return_path
from tests.letters import sample
from tests.letters.golden import seeds

NEUTRAL = "letter.example.net"
ORDERS = [("en", ("en",)), ("be-ru", ("be", "ru")), ("be-ru", ("ru", "be"))]
EACH = pytest.mark.parametrize(("code", "order"), ORDERS, ids=["en", "be", "ru"])
SUBJECTS = {"be": "Штотыднёвы ліст № 41", "ru": "Еженедельное письмо № 41", "en": "Weekly letter 41"}
PREVIEW = 240
"""Characters of a mail's beginning that the most generous of inbox lists show."""


def discreet(code: str, order: tuple[str, ...], **changes: object) -> Letter:
    publication, digest = seeds()
    publication = publication.model_copy(update=changes)
    edition = publication.edition(code)
    return write(digest, publication, edition, tuple(Language(item) for item in order), Variant.DISCREET)


def message_of(letter: Letter, signers: Signers | None = None) -> bytes:
    return b"".join((signers or Signers()).compile(letter).address(sample.addressee()))


def read(message: bytes) -> EmailMessage:
    found = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def telling(publication: Publication) -> Iterator[str]:
    """Give what must not be seen: the names, and every domain and host of the publication's."""
    yield from publication.name.values()
    yield from publication.description.values()
    for sender in (publication.sender, *(item.sender for item in publication.editions if item.sender)):
        yield from (address.rpartition("@")[2] for address in (sender.address, sender.reply_to or ""))
    yield publication.base_url.partition("//")[2]


def test_there_is_something_to_find() -> None:
    found = set(telling(seeds()[0]))
    assert {"The Week in Belarus", "Неделя в Беларуси", "Тыдзень у Беларусі", "week.example.org"} <= found
    publication, digest = seeds()
    full = write(digest, publication, publication.edition("en"), (Language("en"),), Variant.FULL)
    shown = message_of(full).decode()
    assert all(text in shown for text in ("The Week in Belarus", "week.example.org"))


@EACH
def test_no_header_names_the_publication_raw_or_decoded(code: str, order: tuple[str, ...]) -> None:
    message = message_of(discreet(code, order))
    raw = message.partition(b"\r\n\r\n")[0].decode("ascii")
    unfolded = re.sub(r"\r\n[ \t]+", " ", raw)
    decoded = "\n".join(f"{name}: {value}" for name, value in read(message).items())
    assert len(decoded.splitlines()) >= 17
    for text in telling(seeds()[0]):
        for shown in (raw, unfolded, decoded):
            assert text.casefold() not in shown.casefold()
        for alphabet in ("utf-8", "utf-16", "koi8-r", "cp1251"):  # as an encoded word would hold it
            assert text.encode(alphabet, "replace").hex() not in message.hex()


@EACH
def test_nor_does_the_text_the_letter_itself_writes(code: str, order: tuple[str, ...]) -> None:
    body = read(message_of(discreet(code, order))).get_content()
    words = " ".join(body.split()).casefold()
    for text in telling(seeds()[0]):
        assert " ".join(text.split()).casefold() not in words


@EACH
def test_it_is_one_part_of_plain_text(code: str, order: tuple[str, ...]) -> None:
    found = read(message_of(discreet(code, order)))
    assert (found.get_content_type(), found.is_multipart()) == ("text/plain", False)


@EACH
def test_every_domain_of_its_headers_is_the_neutral_one(code: str, order: tuple[str, ...]) -> None:
    letter = discreet(code, order)
    found = read(message_of(letter))
    head = "\n".join(f"{name}: {value}" for name, value in found.items() if name != "To")
    assert set(re.findall(r"[\w-]+(?:\.[\w-]+)*\.(?:org|net|test)\b", head)) == {NEUTRAL, f"letter.{NEUTRAL}"}
    assert found["From"].addresses[0].addr_spec == letter.sender == f"post@{NEUTRAL}"
    assert found["Reply-To"] is None  # answers go to the neutral address
    assert found["Message-ID"].endswith(f"@{NEUTRAL}>")
    assert found["List-Id"] == f"<letter.{NEUTRAL}>"
    assert found["Feedback-ID"] == f"2019-W41:letter:newsletter:{NEUTRAL}"
    page, mail = re.findall("<([^>]*)>", found["List-Unsubscribe"])
    assert page.startswith(f"https://{NEUTRAL}/{order[0]}/leave/")
    assert re.fullmatch(rf"mailto:leave\+[0-9a-f]{{50}}@{re.escape(NEUTRAL)}", mail)


@EACH
def test_every_link_leads_to_the_neutral_host(code: str, order: tuple[str, ...]) -> None:
    message = read(message_of(discreet(code, order)))
    links = re.findall(r"https?://([^/\s>]+)", message.get_content() + "\n".join(map(str, message.values())))
    assert links.count(NEUTRAL) > 10
    written = [text.body for item in seeds()[1].commentaries for text in item.translations.values()]
    assert not [host for host in set(links) - {NEUTRAL} if not any(host in body for body in written)]


def test_commentaries_link_to_each_other_under_the_neutral_host() -> None:
    publication, _ = seeds()
    body = (
        "[This](https://week.example.org/en/2019-W40/x), <https://WEEK.example.org>; not <https://week.example.org.ua/>"
    )
    digest = sample.digest(sample.commentary("arms", "security", Outlook.WORSE, "en", body=body))
    edition = publication.edition("en")
    text = write(digest, publication, edition, edition.languages, Variant.DISCREET).text
    assert f"This <https://{NEUTRAL}/en/2019-W40/x>, https://{NEUTRAL};" in " ".join(text.split())
    assert re.findall(r"https?://week\.[^/\s]*", text, re.IGNORECASE) == ["https://week.example.org.ua"]
    full = write(digest, publication, edition, edition.languages, Variant.FULL).text
    assert "https://week.example.org/en/2019-W40/x" in full


@EACH
def test_subject_and_sender_are_what_anybody_s_mail_might_be_called(code: str, order: tuple[str, ...]) -> None:
    found = read(message_of(discreet(code, order)))
    assert found["Subject"] == SUBJECTS[order[0]]
    assert found["From"].addresses[0].display_name == seeds()[0].discreet.sender_name[order[0]]


@EACH
def test_what_an_inbox_list_shows_of_the_text_speaks_of_no_subject(code: str, order: tuple[str, ...]) -> None:
    publication, _ = seeds()
    text = discreet(code, order).text
    opening = text.partition("* * *")[0]
    assert len(" ".join(opening.split())) >= PREVIEW
    sections = [section.name[item] for section in publication.sections for item in order]
    for word in (*sections, "Белар", "Belarus", "http", "▲", "■", "▼"):
        assert word.casefold() not in opening.casefold()


def test_an_edition_s_own_sender_is_not_seen_either() -> None:
    publication, _ = seeds()
    own = Sender(address="en@own.example.com", name=dict.fromkeys(("be", "ru", "en"), "Their English"))
    editions = tuple(item.model_copy(update={"sender": own}) for item in publication.editions)
    message = message_of(discreet("en", ("en",), editions=editions)).decode()
    assert "own.example.com" not in message
    assert "Their English" not in message
    assert f"<post@{NEUTRAL}>" in message


def test_the_return_path_is_at_the_neutral_domain() -> None:
    keyring = Keyring({key: [Key(bytes(KID), bytes(32))] for key in ("seal", "lookup", "token")})
    assert return_path(keyring, b"12345678", discreet("en", ("en",)).sender).endswith(f"@{NEUTRAL}")


def test_a_slot_in_the_neutral_link_is_found_too() -> None:
    publication, _ = seeds()
    wrong = publication.discreet.model_copy(update={"base_url": f"https://{NEUTRAL}/{LEAVE_SLOT}"})
    with pytest.raises(Exception, match="publication: holds the text"):
        discreet("en", ("en",), discreet=wrong)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[RSAPrivateKey, Path]]:
    """A key that signs for the publication's domain, and one for the neutral one."""
    folder = tmp_path_factory.mktemp("keys")
    paths = {domain: folder / f"{domain}.pem" for domain in ("week.example.org", NEUTRAL)}
    return {domain: (create_signing_key(path), path) for domain, path in paths.items()}


def opened(keys: dict[str, tuple[RSAPrivateKey, Path]], *domains: str) -> Signers:
    return open_signers(" ".join(f"{domain}:a{place}:{keys[domain][1]}" for place, domain in enumerate(domains)))


def test_each_variant_is_signed_by_the_key_of_its_own_domain(keys: dict[str, tuple[RSAPrivateKey, Path]]) -> None:
    signers = opened(keys, "week.example.org", NEUTRAL)
    zone = {
        f"{dns_name(domain, f'a{place}')}.".encode(): dns_value(keys[domain][0]).encode()
        for place, domain in enumerate(("week.example.org", NEUTRAL))
    }
    publication, digest = seeds()
    edition = publication.edition("en")
    for variant, domain in ((Variant.FULL, "week.example.org"), (Variant.DISCREET, NEUTRAL)):
        message = message_of(write(digest, publication, edition, edition.languages, variant), signers)
        assert dkim.verify(message, dnsfunc=lambda name, timeout: zone.get(name))
        signature = re.sub(r"\s", "", str(read(message)["DKIM-Signature"]))
        assert f";d={domain};" in signature
        assert ("week.example.org" in signature) == (variant is Variant.FULL)


def test_without_a_key_of_its_own_it_is_not_signed_by_the_publication_s(
    keys: dict[str, tuple[RSAPrivateKey, Path]],
) -> None:
    letter = discreet("en", ("en",))
    signers = opened(keys, "week.example.org")
    assert signers.compile(letter).address(sample.addressee()) == compile_letter(letter).address(sample.addressee())


def test_a_neutral_publication_is_told_nothing(keys: dict[str, tuple[RSAPrivateKey, Path]]) -> None:
    publication, _ = seeds()
    assert exposures(publication, Signers()) == []
    assert exposures(publication, opened(keys, "week.example.org", NEUTRAL), ["mail.example.com", "127.0.0.1"]) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"address": None}, "discreet.address is missing"),
        ({"base_url": None}, "discreet.base_url is missing"),
        ({"address": "post@quiet.example.org"}, "discreet.address is of a domain of the publication's"),
        ({"base_url": "https://quiet.example.org"}, "discreet.base_url is of a host of the publication's"),
        ({"base_url": "https://WEEK.example.org:8443"}, "discreet.base_url is of a host of the publication's"),
        ({"subject": {"en": "the week in BELARUS {number}"}}, "discreet.subject.en holds the publication's name"),
        ({"sender_name": {"ru": "Неделя в Беларуси"}}, "discreet.sender_name.ru holds the publication's name"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_would_show_the_publication_is_told(changes: dict[str, object], told: str) -> None:
    publication, _ = seeds()
    texts = {
        name: getattr(publication.discreet, name) | value for name, value in changes.items() if type(value) is dict
    }
    seen = publication.discreet.model_copy(update={**changes, **texts})
    (line,) = exposures(publication.model_copy(update={"discreet": seen}), Signers())
    assert line.startswith(told)


def test_a_key_for_one_domain_and_not_the_other_is_told(keys: dict[str, tuple[RSAPrivateKey, Path]]) -> None:
    publication, _ = seeds()
    (line,) = exposures(publication, opened(keys, "week.example.org"))
    assert line == f"NEWSLETTER_DKIM: there is no key for {NEUTRAL}: discreet letters go out unsigned, others signed"
    (line,) = exposures(publication, opened(keys, NEUTRAL))
    assert line.startswith("NEWSLETTER_DKIM: there is no key for week.example.org: full letters go out unsigned")


def test_a_relay_that_names_the_publication_is_told_once() -> None:
    publication, _ = seeds()
    lines = exposures(publication, Signers(), ["mail.example.org", "mail.example.org", "relay.example.com"])
    assert [line.partition(" is the")[0] for line in lines] == ["NEWSLETTER_SMTP_URL: mail.example.org"]


def test_seen_discreetly_twice_is_the_same() -> None:
    publication, _ = seeds()
    once = publication.discreetly()
    assert once.discreetly() == once
    shown = repr(once)
    assert not [text for text in telling(publication) if text in shown]


def test_a_full_letter_is_untouched_by_it() -> None:
    publication, digest = seeds()
    edition = publication.edition("en")
    full = write(digest, publication, edition, edition.languages, Variant.FULL)
    other = publication.model_copy(
        update={"discreet": publication.discreet.model_copy(update={"address": "x@y.example"})}
    )
    assert full == write(digest, other, edition, edition.languages, Variant.FULL)
