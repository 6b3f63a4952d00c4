"""Settings from the environment: every fault at once, by name, and never with the value."""

from pathlib import Path

import pytest

from newsletter.errors import Faults
from newsletter.settings import Settings, load_settings, networks, public_url


def faults(monkeypatch: pytest.MonkeyPatch, **given: str) -> list[str]:
    """Return what is wrong with an environment; none of its values may be in it."""
    for name, value in given.items():
        monkeypatch.setenv(f"NEWSLETTER_{name}", value)
    with pytest.raises(Faults) as caught:
        load_settings()
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    for value in given.values():
        assert value not in str(caught.value)
    return caught.value.faults


WRONG = {
    "DATABASE_URL": ("mysql://root:s3cret@host/news", "must begin with one of: postgresql, postgresql+psycopg, sqlite"),
    "BROKER_URL": ("amqp://root:s3cret@host", "must begin with one of: redis, rediss, redis+socket"),
    "SMTP_URL": ("s3cret@mail.example.org", "must begin with one of: smtp, smtps"),
    "BASE_URL": ("https://week.example.org:s3cret", "wants http://host or https://host"),
    "DISCREET_BASE_URL": ("letter.s3cret", "wants http://host or https://host"),
    "TRUSTED_PROXIES": (
        "127.0.0.1 10.0.0.1/8",
        "number 2 is no network; wants them as 10.0.0.0/8 or 2001:db8::/32",
    ),
    "ATTACK_SHARE": ("nan", "Input should be less than or equal to 1"),
    "FORM_SECONDS": ("-1", "Input should be greater than or equal to 0"),
    "SMTP_CONNECTIONS": ("sixteen", "Input should be a valid integer, unable to parse string as an integer"),
    "LEASE_SECONDS": ("0.25", "Input should be greater than or equal to 1"),
    "SMTP_TIMEOUT_SECONDS": ("nan", "Input should be less than or equal to 660"),
    "ON_DOUBT": ("perhaps", "Input should be 'resend' or 'hold'"),
    "WEB_PORT": ("70000", "Input should be less than or equal to 65535"),
    "LOG_LEVEL": ("loud", "Input should be 'debug', 'info', 'warning' or 'error'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_named_and_not_quoted(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    value, fault = WRONG[name]
    assert faults(monkeypatch, **{name: value}) == [f"NEWSLETTER_{name}: {fault}"]


def test_every_wrong_setting_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = faults(monkeypatch, **{name: value for name, (value, _) in WRONG.items()}, SMPT_URL="smtp://127.0.0.1:1")
    assert sorted(found) == sorted(
        ["NEWSLETTER_SMPT_URL: no such setting", *(f"NEWSLETTER_{name}: {fault}" for name, (_, fault) in WRONG.items())]
    )


def test_a_setting_that_is_empty_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_DATABASE_URL", "")
    assert load_settings().database_url is None


def test_secrets_are_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "BROKER_URL", "SMTP_URL"):
        scheme = {"DATABASE_URL": "postgresql", "BROKER_URL": "redis", "SMTP_URL": "smtp"}[name]
        monkeypatch.setenv(f"NEWSLETTER_{name}", f"{scheme}://user:s3cret@host/1")
    settings = load_settings()
    assert "s3cret" in settings.database
    assert "s3cret" not in repr(settings) + str(settings)


def test_unset_settings_take_the_embedded_default(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.database == f"sqlite:///{tmp_path}/newsletter.sqlite"
    assert settings.broker == f"redis+socket://{tmp_path}/valkey/valkey.sock"
    assert settings.keys == tmp_path / "newsletter.key"
    assert settings.templates.is_dir()


@pytest.mark.parametrize(
    "text",
    [
        "", "week.example.org", "ftp://host", "https://", "https:///path", "https://host?a=b", "https://host#a",
        "https://host:port", "https://host:99999", "https://[::1", "https://user:pw@host", "https://ho st",
        "https://host\n", "https://host\u2028", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_a_public_url_is_a_host_and_perhaps_a_path(text: str) -> None:
    with pytest.raises(ValueError, match=r"^wants http://host or https://host$"):
        public_url(text)


def test_a_public_url_loses_the_slash_at_its_end() -> None:
    assert public_url("https://тыдзень.example:8443/news/") == "https://тыдзень.example:8443/news"


def test_unset_folders_are_the_checkouts_whichever_folder_a_command_is_called_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Path(__file__).parents[2]
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.data_dir == checkout / "var"
    assert settings.publication == checkout / "seeds" / "publication.toml"
    monkeypatch.setenv("NEWSLETTER_DATA_DIR", "mine")
    assert load_settings().data_dir == Path("mine")


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0"])
def test_a_proxy_is_not_everybody(everybody: str) -> None:
    with pytest.raises(ValueError, match=r"^number 2 trusts everybody"):
        networks(f"10.0.0.0/8 {everybody}")


def test_proxies_are_networks_with_blanks_between() -> None:
    settings = Settings(trusted_proxies=" 10.0.0.0/8  127.0.0.1 2001:db8::/32 ")
    assert [str(network) for network in settings.proxies] == ["10.0.0.0/8", "127.0.0.1/32", "2001:db8::/32"]
    assert Settings().proxies == ()
