"""Webhooks: what a provider that delivers our mail reports about it, in JSON, each in its own way."""

from newsletter.badnews import BounceReport, Complaint
from newsletter.errors import Faults
from newsletter.inbound.mail import Ignored, Leave, Mail, Source, Unclear
from newsletter.inbound.webhooks import reading
from newsletter.inbound.webhooks.contract import (
    LARGEST,
    OLDEST,
    NotBelieved,
    Posted,
    Provider,
    ProviderAway,
    Report,
    Unreadable,
    What,
)
from newsletter.inbound.webhooks.mailgun import Mailgun
from newsletter.inbound.webhooks.postmark import Postmark
from newsletter.inbound.webhooks.sendgrid import SendGrid
from newsletter.inbound.webhooks.ses import Ses
from newsletter.publication import Publication
from newsletter.sealing import Keyring
from newsletter.settings import PREFIX, Settings

__all__ = [
    "LARGEST",
    "OLDEST",
    "PROVIDERS",
    "NotBelieved",
    "Posted",
    "Provider",
    "ProviderAway",
    "Report",
    "Unreadable",
    "What",
    "check_secrets",
    "read_event",
    "secret_of",
]

PROVIDERS: dict[Source, Provider] = {
    provider.source: provider for provider in (Ses(), Postmark(), SendGrid(), Mailgun())
}


def secret_of(settings: Settings, source: Source) -> str | None:
    """Return the secret of a provider; None: it does not report to us."""
    secrets = {
        Source.SES: settings.webhook_ses,
        Source.POSTMARK: settings.webhook_postmark,
        Source.SENDGRID: settings.webhook_sendgrid,
        Source.MAILGUN: settings.webhook_mailgun,
    }
    secret = secrets[source]
    return None if secret is None else secret.get_secret_value()


def check_secrets(settings: Settings) -> None:
    """Say at the start which secret is none.

    Raises
    Faults: a line each, without the secret.
    """
    secrets = [(source, provider, secret_of(settings, source)) for source, provider in PROVIDERS.items()]
    wrong = [(source, provider.check(secret)) for source, provider, secret in secrets if secret is not None]
    faults = [f"{PREFIX}WEBHOOK_{source.upper()}: wants {wanted}" for source, wanted in wrong if wanted]
    if faults:
        raise Faults(faults)


def read_event(
    mail: Mail, publication: Publication, keyring: Keyring
) -> BounceReport | Complaint | Leave | Ignored | Unclear:
    """Return what a kept event is found to be; whatever is in it, this does not raise."""
    return reading.read_event(PROVIDERS, mail, publication, keyring)
