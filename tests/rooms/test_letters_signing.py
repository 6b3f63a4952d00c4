"""Who signs a letter: keys as they lie in files, faults said without quoting them, and the choice by the sender."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from newsletter.digest import Variant
from newsletter.errors import Faults
from newsletter.letters import CompiledLetter, open_signers, write
from newsletter.letters.dkim import SignedLetter
from newsletter.letters.dkimkeys import create_signing_key, read_signing_key
from newsletter.privatefile import KeyFileError
from tests.letters import sample

RSA = generate_private_key(65537, 2048)


def written(
    path: Path,
    key: object,
    form: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption | None = None,
    mode: int = 0o600,
) -> Path:
    path.write_bytes(key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()))  # type: ignore[attr-defined]
    path.chmod(mode)
    return path


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return written(tmp_path / "dkim.pem", RSA)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_an_rsa_key_is_read_in_either_form(tmp_path: Path, form: PrivateFormat) -> None:
    path = written(tmp_path / "dkim.pem", RSA, form)
    assert read_signing_key(path).private_numbers() == RSA.private_numbers()


def test_a_key_that_we_make_is_one_that_we_read(tmp_path: Path) -> None:
    made = create_signing_key(tmp_path / "new" / "dkim.pem")
    assert made.key_size == 2048
    assert read_signing_key(tmp_path / "new" / "dkim.pem").private_numbers() == made.private_numbers()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (ed25519.Ed25519PrivateKey.generate(), "not an RSA key; DKIM wants one (few receivers verify others)"),
        (ec.generate_private_key(ec.SECP256R1()), "not an RSA key; DKIM wants one (few receivers verify others)"),
        (generate_private_key(65537, 1024), "an RSA key of 1024 bits; DKIM wants 2048 to 4096"),
        (generate_private_key(65537, 2040), "an RSA key of 2040 bits; DKIM wants 2048 to 4096"),
        (generate_private_key(65537, 4104), "an RSA key of 4104 bits; DKIM wants 2048 to 4096"),
    ],
)
def test_a_key_that_receivers_would_not_take_is_refused(tmp_path: Path, key: object, said: str) -> None:
    path = written(tmp_path / "dkim.pem", key)
    with pytest.raises(KeyFileError) as refused:
        read_signing_key(path)
    assert str(refused.value) == f"{path}: {said}"


def test_a_key_behind_a_password_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "dkim.pem", RSA, encryption=BestAvailableEncryption(b"secret"))
    with pytest.raises(KeyFileError, match="the key has a password; DKIM wants one without"):
        read_signing_key(path)


@pytest.mark.parametrize("octets", [b"", b"\xff\0", b"-----BEGIN PRIVATE KEY-----\nTUlJ\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_and_not_quoted(key_file: Path, octets: bytes) -> None:
    key_file.write_bytes(octets)
    with pytest.raises(KeyFileError) as refused:
        read_signing_key(key_file)
    assert str(refused.value) == f"{key_file}: not a private key in PEM"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "dkim.pem", RSA, mode=mode)
    with pytest.raises(KeyFileError, match=f"others may read the key file; run: chmod 600 {path}"):
        read_signing_key(path)


def test_every_wrong_entry_is_said_by_its_number(key_file: Path, tmp_path: Path) -> None:
    setting = " ".join(
        [
            f"example.org:news1:{key_file}",
            "example.org",
            "example.net:news1:",
            f"example:news1:{key_file}",
            f"example.net:-:{key_file}",
            f"EXAMPLE.org:other:{key_file}",
            f"example.com:news1:{tmp_path}/none:such.pem",
        ]
    )
    with pytest.raises(Faults) as refused:
        open_signers(setting)
    assert refused.value.faults == [
        "NEWSLETTER_DKIM: entry 2: wants DOMAIN:SELECTOR:FILE",
        "NEWSLETTER_DKIM: entry 3: wants DOMAIN:SELECTOR:FILE",
        "NEWSLETTER_DKIM: entry 4: not a domain that can send mail",
        "NEWSLETTER_DKIM: entry 5: a selector is letters, digits and hyphens, as in a host's name",
        "NEWSLETTER_DKIM: entry 6: a second key for its domain",
        f"NEWSLETTER_DKIM: entry 7: {tmp_path}/none:such.pem: cannot read the key file (No such file or directory)",
    ]


def test_a_key_pasted_into_the_setting_is_not_quoted(key_file: Path) -> None:
    with pytest.raises(Faults) as refused:
        open_signers(key_file.read_text())
    assert not any(line in str(refused.value) for line in key_file.read_text().split() if len(line) > 3)


def test_the_nearest_domain_signs_and_for_no_other_is_signed(key_file: Path) -> None:
    setting = f"example.org:a:{key_file} week.EXAMPLE.org:B:{key_file}\n пошта.example:c:{key_file}"
    signers = open_signers(setting)
    chosen = {
        "x@example.org": ("example.org", "a"),
        "x@Week.Example.org": ("week.example.org", "b"),
        "x@very.week.example.org": ("week.example.org", "b"),
        "x@strong.example.org": ("example.org", "a"),
        "x@xn--80a1acn3a.example": ("xn--80a1acn3a.example", "c"),
    }
    for sender, expected in chosen.items():
        signer = signers.of(sender)
        assert signer is not None
        assert (signer.domain, signer.selector) == expected
    for sender in ("x@notexample.org", "x@org", "x@example.org.net", "x@"):
        assert signers.of(sender) is None
    assert open_signers("").of("x@example.org") is None


def test_a_letter_is_signed_where_somebody_signs_for_its_sender(key_file: Path) -> None:
    publication = sample.publication()
    edition = publication.edition("en")
    signers = open_signers(f"week.example.org:news1:{key_file}")
    full = write(sample.digest(), publication, edition, edition.languages, Variant.FULL)
    assert isinstance(signers.compile(full), SignedLetter)
    neutral = write(sample.digest(), publication, edition, edition.languages, Variant.DISCREET)
    assert isinstance(signers.compile(neutral), CompiledLetter)
