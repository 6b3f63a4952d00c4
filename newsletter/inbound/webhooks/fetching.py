"""Fetching from a provider: one document over HTTPS, from the one host we have named, within a few seconds."""

import socket
import ssl
from functools import cached_property
from http.client import HTTPException, HTTPSConnection

from newsletter.inbound.webhooks.contract import ProviderAway

TIMEOUT = 10.0
"""Seconds for each step: connecting, TLS, an answer."""

LARGEST = 64 * 1024


class Fetching:
    """Fetches by the system's certificates; tests have their own, and a server that stands for all.

    It follows no redirect and asks no proxy: whom it speaks to is who holds a certificate of the host's name.
    """

    def __init__(self, *, trusted: str | None = None, at: tuple[str, int] | None = None) -> None:
        self._trusted = trusted
        self._at = at

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._trusted)

    def get(self, host: str, target: str) -> bytes:
        """Return the body of `https://{host}{target}`.

        Raises
        ProviderAway: it cannot be had: another answer than 200, too much of it, or none.
        """
        connection = HTTPSConnection(host, timeout=TIMEOUT, context=self._context)
        try:
            plain = socket.create_connection(self._at or (host, 443), TIMEOUT)
            try:
                connection.sock = self._context.wrap_socket(plain, server_hostname=host)
            except BaseException:
                plain.close()
                raise
            connection.request("GET", target, headers={"Connection": "close"})
            answer = connection.getresponse()
            body = answer.read(LARGEST + 1)
        except (OSError, HTTPException) as error:  # TLS and time-outs are OSErrors
            raise ProviderAway(f"{host} cannot be asked: {type(error).__name__}") from None
        finally:
            connection.close()
        if answer.status != 200 or len(body) > LARGEST:
            raise ProviderAway(f"{host} has answered {answer.status}, {len(body)} octets")
        return body
