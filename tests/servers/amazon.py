"""What stands for Amazon: an HTTPS server on loopback, with a certificate of its host's name from an authority of ours.

It hands out the certificate that SNS signs with, and is told of confirmed subscriptions.
"""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from newsletter.inbound.webhooks.fetching import Fetching

HOST = "sns.eu-west-1.amazonaws.com"
TARGET = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
FROM, TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)

AnyKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def certificate(
    name: str, key: AnyKey, signed_by: tuple[str, AnyKey] | None = None, *, until: datetime = TO
) -> x509.Certificate:
    """Return a certificate of `name`, by itself or an authority."""
    issuer, signer = signed_by or (name, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FROM)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=signed_by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, signed_by is None, signed_by is None, False, False),
            critical=True,
        )
    )
    return builder.sign(signer, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Signer:
    """The key that SNS signs with, and its certificate."""

    def __init__(self, *, until: datetime = TO) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        self.pem = certificate(HOST, self._key, until=until).public_bytes(Encoding.PEM)

    def sign(self, message: bytes, version: str) -> bytes:
        """Return the signature of version 1 or 2."""
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA1() if version == "1" else hashes.SHA256())


class Amazon:
    """The server, in a thread, while the `with` block lasts.  `asked`: what was asked of whom; `answers`: what with."""

    def __init__(self, folder: Path, *, host: str = HOST) -> None:
        self.signer = Signer()
        self.asked: list[tuple[str, str]] = []
        self.answers: Callable[[str], tuple[int, bytes]] = self._answer
        authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self._trusted = folder / "authority.pem"
        self._trusted.write_bytes(certificate("An authority", authority).public_bytes(Encoding.PEM))
        chain = folder / "server.pem"
        chain.write_bytes(
            own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate(host, own, ("An authority", authority)).public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def fetching(self, *, trusted: bool = True) -> Fetching:
        """Return what finds this server whichever host it asks; it trusts our authority, or the system's alone."""
        return Fetching(trusted=str(self._trusted) if trusted else None, at=("127.0.0.1", self._server.server_port))

    def _answer(self, target: str) -> tuple[int, bytes]:
        return (200, self.signer.pem) if target == TARGET else (200 if target.startswith("/?Action=") else 404, b"")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        amazon = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                amazon.asked.append((self.headers["Host"], self.path))
                status, body = amazon.answers(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that does not trust us hangs up, and is meant to."""
