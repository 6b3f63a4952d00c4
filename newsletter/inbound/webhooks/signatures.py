"""Signatures: whether what was posted was signed by whom we think it was."""

import base64
import binascii
import hmac
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key


def same(given: str, expected: str) -> bool:
    """Say whether two secrets are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))


def mac(key: str, message: str) -> str:
    """Return the HMAC-SHA256 of a message in hexadecimal."""
    return hmac.digest(key.encode(), message.encode("utf-8", "surrogatepass"), "sha256").hex()


def is_point(key: str) -> bool:
    """Say whether `key` is a public key on P-256: a SubjectPublicKeyInfo (RFC 5480) in base64."""
    return _point(key) is not None


def ecdsa_signed(key: str, signature: str, message: bytes) -> bool:
    """Say whether whoever holds the other half of `key` has signed the message (SHA-256)."""
    public, signed = _point(key), _octets(signature)
    if public is None or signed is None:
        return False
    try:
        public.verify(signed, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def is_certificate(pem: bytes) -> bool:
    """Say whether `pem` is a certificate of an RSA key."""
    return _certificate(pem) is not None


def rsa_signed(pem: bytes, signature: str, message: bytes, *, sha1: bool, now: datetime) -> bool:
    """Say whether the owner of a certificate that is valid `now` has signed the message (RSASSA-PKCS1-v1_5)."""
    certificate, signed = _certificate(pem), _octets(signature)
    if certificate is None or signed is None:
        return False
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return False
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    try:
        # SHA-1 is the provider's choice; it signs its own words, so nobody else can choose what collides.
        public.verify(signed, message, padding.PKCS1v15(), hashes.SHA1() if sha1 else hashes.SHA256())  # noqa: S303
    except InvalidSignature:
        return False
    return True


def _point(key: str) -> ec.EllipticCurvePublicKey | None:
    der = _octets(key)
    try:
        public = load_der_public_key(der) if der else None
    except (ValueError, UnsupportedAlgorithm):
        return None
    return public if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name == "secp256r1" else None


def _certificate(pem: bytes) -> x509.Certificate | None:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        return certificate if isinstance(certificate.public_key(), rsa.RSAPublicKey) else None
    except (ValueError, UnsupportedAlgorithm):
        return None


def _octets(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
