"""Letters that are signed on their way out: every reader's copy verifies, by an independent reader of DKIM."""

from collections.abc import Callable
from pathlib import Path

import dkim

from newsletter.letters.dkimkeys import create_signing_key, dns_name, dns_value
from newsletter.outcomes import State
from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation


def test_every_reader_gets_a_letter_whose_signature_verifies(
    install: Callable[..., Installation], postbox: Postbox, tmp_path: Path
) -> None:
    key = create_signing_key(tmp_path / "news1.pem")
    domain = install().publication.sender.address.partition("@")[2]
    here = install(smtp_url=postbox.url, smtp_connections=4, dkim=f"{domain}:news1:{tmp_path / 'news1.pem'}")
    here.load_seeds()
    readers = here.add_readers(30)
    here.plan()
    here.deliver()
    assert here.status().counts[State.SENT] == 30
    zone = {f"{dns_name(domain, 'news1')}.".encode(): dns_value(key).encode()}
    for reader in readers:
        message = postbox.body(reader)
        assert message.count(b"DKIM-Signature:") == 1
        assert dkim.verify(message, dnsfunc=lambda name, timeout: zone.get(name))
