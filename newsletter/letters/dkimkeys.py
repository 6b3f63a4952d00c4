"""The keys that DKIM signs with: made, read, and written as the DNS record that lets others verify."""

from base64 import b64encode
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from newsletter.privatefile import KeyFileError, read_private, write_once

BITS, MOST_BITS = 2048, 4096
"""What signers should have at least, and verifiers need not go beyond (RFC 8301 section 3.2)."""

STRING = 255
"""Octets of a string in a TXT record, RFC 1035 section 3.3."""


def create_signing_key(path: Path) -> RSAPrivateKey:
    """Write a new RSA key of 2048 bits (PKCS#8, PEM), mode 0600, whole or not at all.

    Raises
    KeyFileExists: there is a file already (it is never written over).
    KeyFileError: the folder is not writable.
    """
    key = generate_private_key(65537, BITS)
    write_once(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    return key


def read_signing_key(path: Path) -> RSAPrivateKey:
    """Read an RSA key (PEM: PKCS#8 or PKCS#1).

    Raises
    KeyFileError: the file is missing, open to others, or holds no such key; never quotes what is in it.
    """
    octets = read_private(path)
    try:
        key = load_pem_private_key(octets, password=None)
    except TypeError:
        raise KeyFileError(f"{path}: the key has a password; DKIM wants one without") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(f"{path}: not a private key in PEM") from None
    if not isinstance(key, RSAPrivateKey):
        raise KeyFileError(f"{path}: not an RSA key; DKIM wants one (few receivers verify others)")
    if not BITS <= key.key_size <= MOST_BITS:
        raise KeyFileError(f"{path}: an RSA key of {key.key_size} bits; DKIM wants {BITS} to {MOST_BITS}")
    return key


def dns_name(domain: str, selector: str) -> str:
    """Return where verifiers look for the key, RFC 6376 section 3.6.2.1."""
    return f"{selector}._domainkey.{domain}"


def dns_value(key: RSAPrivateKey) -> str:
    """Return what they find there, RFC 6376 section 3.6.1."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"


def zone_line(name: str, value: str) -> str:
    """Return a TXT record as a zone file has it (RFC 1035 section 5.1); the strings are read as one.

    >>> zone_line("x._domainkey.example.org", "v=DKIM1; p=")
    'x._domainkey.example.org. IN TXT ( "v=DKIM1; p=" )'
    """
    strings = [f'"{value[start : start + STRING]}"' for start in range(0, len(value), STRING)]
    return f"{name}. IN TXT ( {' '.join(strings)} )"
