"""Settings of an installation, from the environment.  `docs/settings.md` is generated from this class.

What belongs to the *publication* (names, sections, schedule) stands in `publication.toml` instead.
"""

import os
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from newsletter.errors import Faults

PREFIX = "NEWSLETTER_"
PACKAGE = Path(__file__).parent
SCHEMES = {
    "database_url": ("postgresql", "postgresql+psycopg", "sqlite"),
    "broker_url": ("redis", "rediss", "redis+socket"),
    "smtp_url": ("smtp", "smtps"),
    "inbound_url": ("lmtp", "lmtp+unix", "smtp"),
    "imap_url": ("imaps", "imap"),
}


def public_url(text: str) -> str:
    """Return the URL under which readers find pages, without a slash at its end.

    Raises
    ValueError: not http(s), or with more than a host and a path, or not fit for a header line.
    """
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or not text.isprintable() or any(char in text for char in " ?#@"):
        raise ValueError("wants http://host or https://host")
    return text.rstrip("/")


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks that `text` names, blanks between two; a single address is a network too.

    >>> [str(network) for network in networks("10.0.0.0/8 ::1")]
    ['10.0.0.0/8', '::1/128']

    Raises
    ValueError: says which is wrong by its place and quotes nothing.
    """
    found = []
    for place, word in enumerate(text.split(), 1):
        try:
            found.append(ip_network(word))
        except ValueError:
            raise ValueError(f"number {place} is no network; wants them as 10.0.0.0/8 or 2001:db8::/32") from None
        if found[-1].prefixlen == 0:
            raise ValueError(f"number {place} trusts everybody, so anybody could name any address as theirs")
    return tuple(found)


class Settings(BaseSettings):
    """One field a setting: name, meaning, unit, type, default."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, hide_input_in_errors=True, extra="ignore", env_ignore_empty=True
    )

    data_dir: Path = Field(Path("var"), description="Folder for everything the embedded service writes.")
    publication: Path = Field(Path("seeds/publication.toml"), description="The publication's file.")
    base_url: str | None = Field(
        None, description="Where readers reach the public pages; unset: `base_url` of the publication's file."
    )
    discreet_base_url: str | None = Field(
        None,
        description="Where readers of discreet letters reach the same pages, under a host that does not name the "
        "publication; unset: `discreet.base_url` of the publication's file.",
    )
    database_url: SecretStr | None = Field(
        None, description="`postgresql://…` or `sqlite:///…`; unset: `newsletter.sqlite` under `DATA_DIR`."
    )
    broker_url: SecretStr | None = Field(
        None,
        description="`redis://…`, `rediss://…` or `redis+socket://…`; unset: a socket under `DATA_DIR`, "
        "where the embedded service runs a Valkey of its own.",
    )
    smtp_url: SecretStr = Field(
        SecretStr("smtp://127.0.0.1:8026"),
        description="The server that takes our mail: `smtp://host:port` (STARTTLS; `?tls=none` for plain "
        "text to a host that is not loopback) or `smtps://host:port`, with `user:password@` if it asks. "
        "Several, with blanks between, share the work; see docs/operating.md. "
        "The default is the catch-all server of the embedded service.",
    )
    key_file: Path | None = Field(
        None, description="The key file (mode 0600); unset: `newsletter.key` under `DATA_DIR`, made at first use."
    )
    dkim: str = Field(
        "",
        description="Keys that sign letters (DKIM): `DOMAIN:SELECTOR:FILE`, a blank between two. The one for the "
        "sender's domain signs, else that for its nearest parent; none: unsigned. `newsletter keys dkim` makes one.",
    )
    smtp_connections: int = Field(16, ge=1, le=200, description="Open connections to the SMTP server, per process.")
    per_minute: int | None = Field(
        None,
        ge=1,
        le=10_000_000,
        description="Letters a minute, by all workers together; unset: what the servers take.",
    )
    smtp_timeout_seconds: float = Field(
        300, ge=1, le=660, description="Seconds a step of the SMTP dialogue may take (the dot: twice that)."
    )
    lease_seconds: float = Field(
        60, ge=1, le=3600, description="Seconds after which a worker that says nothing counts as dead."
    )
    batch_size: int = Field(1000, ge=1, le=100_000, description="Deliveries claimed at once.")
    slice_seconds: float = Field(
        60, ge=1, le=600, description="Seconds a slice goes on claiming before it gives its seat back."
    )
    slices_per_letter: int = Field(
        2, ge=1, le=64, description="Seats: slices of one letter that may run at the same time."
    )
    beat_seconds: float = Field(
        60, ge=1, le=3600, description="Seconds between two looks for weeks and deliveries that are due."
    )
    on_doubt: Literal["resend", "hold"] = Field(
        "resend",
        description="A delivery cut off after its final dot: `resend` (same Message-ID, a few readers may get "
        "two) or `hold` (listed for the operator).",
    )
    web_host: str = Field("127.0.0.1", description="Address the web pages listen on.")
    web_port: int = Field(8025, ge=1, le=65535, description="Port of the web pages.")
    trusted_proxies: str = Field(
        "",
        description="Networks of your reverse proxies, a blank between two: `10.0.0.0/8 127.0.0.1`. Their "
        "`X-Forwarded-For` says which network a visitor comes from; from anybody else it is not believed.",
    )
    askings_per_network: int = Field(
        20, ge=1, le=1_000_000, description="Askings an hour by the form from one network (/24, or /56 of IPv6)."
    )
    askings_in_all: int = Field(
        1000, ge=1, le=10_000_000, description="Askings an hour by the form, from everywhere together."
    )
    confirm_per_day: int = Field(1, ge=1, le=100, description="Confirm notes a day to one address.")
    confirm_per_month: int = Field(3, ge=1, le=1000, description="Confirm notes in 30 days to one address.")
    form_seconds: float = Field(
        2, ge=0, le=60, description="Seconds that filling in the form takes a person; quicker is a machine."
    )
    form_hours: float = Field(2, ge=0.25, le=48, description="Hours after which a page's form must be opened again.")
    attack_askings: int = Field(
        50, ge=1, le=1_000_000, description="Askings an hour below which attack mode does not switch itself on."
    )
    attack_share: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Confirmations to askings within an hour, below which attack mode is on (0: never).",
    )
    attack_per_network: int = Field(
        3, ge=0, le=1_000_000, description="Askings an hour by the form from one network in attack mode (0: none)."
    )
    inbound_url: str = Field(
        "lmtp://127.0.0.1:8024",
        description="Where `newsletter inbound` takes mail from a mail server of yours: `lmtp://host:port`, "
        "`smtp://host:port` or `lmtp+unix:///path`.",
    )
    imap_url: SecretStr | None = Field(
        None,
        description="The mailbox of `newsletter inbound --imap`: `imaps://user:password@host/folder`, with "
        "`?handled=folder` for where a mail goes that was taken; see docs/operating.md.",
    )
    answers_in_all: int = Field(
        300, ge=1, le=1_000_000, description="Answers an hour to what people mail us, to everybody together."
    )
    latest_per_day: int = Field(3, ge=1, le=100, description="Times a day that one address gets the newest digest.")
    bad_address_digests: int = Field(
        2, ge=2, le=52, description="Different digests that come back with *bad address* before a reader is stopped."
    )
    mailbox_full_digests: int = Field(
        4, ge=2, le=52, description="Digests running that find a mailbox full before its reader is stopped."
    )
    bounce_share: float = Field(
        0.25,
        gt=0,
        le=1,
        description="Share of a digest's readers (at one domain: of its readers there) beyond which refusals are not "
        "theirs: nobody is stopped, the operator is told.",
    )
    bounce_crowd: int = Field(20, ge=1, le=1_000_000, description="Readers from whom on a share says something.")
    webhook_ses: SecretStr | None = Field(
        None, description="Reports of Amazon SES: ARN of their SNS topic (a blank between two). Unset: no such page."
    )
    webhook_postmark: SecretStr | None = Field(
        None, description="Reports of Postmark: `user:password` of the URL they are posted to. Unset: no such page."
    )
    webhook_sendgrid: SecretStr | None = Field(
        None, description="Reports of SendGrid: its event webhook's verification key. Unset: no such page."
    )
    webhook_mailgun: SecretStr | None = Field(
        None, description="Reports of Mailgun: its HTTP webhook signing key. Unset: no such page."
    )
    inbox_port: int = Field(8027, ge=1, le=65535, description="Port of the embedded service's inbox page.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")

    @model_validator(mode="after")
    def _beside_the_code(self) -> Self:
        # Unset, they are the checkout's own: whichever folder a command is called from, it is the same installation.
        if (PACKAGE.parent / "seeds").is_dir() and Path.cwd() != PACKAGE.parent:
            for name in {"data_dir", "publication"} - self.model_fields_set:
                self.__dict__[name] = PACKAGE.parent / self.__dict__[name]
        return self

    @field_validator("base_url", "discreet_base_url")
    @classmethod
    def _public(cls, value: str | None) -> str | None:
        return None if value is None else public_url(value)

    @field_validator(*SCHEMES)
    @classmethod
    def _scheme(cls, url: SecretStr | str | None, info: ValidationInfo) -> SecretStr | str | None:
        known = SCHEMES[info.field_name or ""]
        text = url.get_secret_value() if isinstance(url, SecretStr) else url
        if text is not None and text.partition("://")[0] not in known:
            raise ValueError(f"must begin with one of: {', '.join(known)}")
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        networks(value)
        return value

    @cached_property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of the reverse proxies whose word is taken."""
        return networks(self.trusted_proxies)

    @cached_property
    def database(self) -> str:
        """The database's URL, the embedded default filled in."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.absolute() / 'newsletter.sqlite'}"

    @cached_property
    def broker(self) -> str:
        """The broker's URL, the embedded default filled in."""
        if self.broker_url is not None:
            return self.broker_url.get_secret_value()
        return f"redis+socket://{quote(str(self.valkey_socket))}"

    @property
    def valkey_socket(self) -> Path:
        """The embedded Valkey's unix socket."""
        return self.data_dir.absolute() / "valkey" / "valkey.sock"

    @property
    def keys(self) -> Path:
        """The key file."""
        return self.key_file or self.data_dir / "newsletter.key"

    @property
    def templates(self) -> Path:
        """The folder of templates: inside an installed package, else beside it in a checkout."""
        inside = PACKAGE / "templates"
        return inside if inside.is_dir() else PACKAGE.parent / "templates"


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises
    Faults: every wrong setting at once, each by its variable's name; values are not quoted.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    faults = [
        f"{name}: no such setting" for name in sorted(os.environ) if name.startswith(PREFIX) and name not in known
    ]
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            place = f"{PREFIX}{str(fault['loc'][0]).upper()}: " if fault["loc"] else ""
            faults.append(place + fault["msg"].removeprefix("Value error, "))
        raise Faults(faults) from None
    if faults:
        raise Faults(faults)
    return settings
