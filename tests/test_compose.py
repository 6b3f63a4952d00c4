"""docker-compose.yml and the Dockerfile say what the code says: settings, commands, ports, paths, versions."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from newsletter.cli.main import tree
from newsletter.inbound.doors.listening import Listening
from newsletter.runtime import Runtime
from newsletter.settings import PREFIX, Settings
from newsletter.web.app import create_app
from tests.rooms.inbound import Door

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("build")}
LASTING = {name: service for name, service in OURS.items() if service.get("restart")}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DOT_ENV = {
    "POSTGRES_PASSWORD": "secret",
    "NEWSLETTER_BASE_URL": "https://week.example.org",
    "NEWSLETTER_SMTP_URL": "smtp://user:password@mail.example.org:587",
}


def _filled_in(text: str) -> str:
    """Put in what `.env` or a default says, as Docker Compose does."""

    def value(found: re.Match[str]) -> str:
        name, operator, rest = found["name"], found["operator"], found["rest"]
        assert name in DOT_ENV or operator == ":-", f"{name} has neither a value nor a default"
        return DOT_ENV.get(name, rest)

    return re.sub(r"\$\{(?P<name>\w+)((?P<operator>:[-?])(?P<rest>[^}]*))?\}", value, text)


def _environment(service: dict[str, Any]) -> dict[str, str]:
    return {name: _filled_in(str(value)) for name, value in service["environment"].items()}


@pytest.fixture(params=OURS)
def service(request: pytest.FixtureRequest) -> dict[str, Any]:
    return OURS[request.param]


def test_there_is_everything_that_a_host_needs() -> None:
    assert set(SERVICES) == {"web", "worker", "beat", "inbound", "migrate", "keys", "postgres", "valkey"}
    assert set(LASTING) == {"web", "worker", "beat", "inbound"}


def test_every_setting_exists_and_has_a_fitting_value(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    environment = _environment(service)
    assert {name.removeprefix(PREFIX).lower() for name in environment} <= set(Settings.model_fields)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.model_fields_set >= {
        "database_url",
        "broker_url",
        "smtp_url",
        "key_file",
        "publication",
        "base_url",
    }


def test_every_command_exists(service: dict[str, Any]) -> None:
    program, *words = service["command"]
    assert program == "newsletter"
    command: Any = typer.main.get_command(tree())
    for word in words:
        assert word in command.commands, f"newsletter {' '.join(words)}"
        command = command.commands[word]
    assert not hasattr(command, "commands") or command.invoke_without_command, "a group is not a command"


def test_hosts_in_urls_are_services_and_the_database_is_the_one_made() -> None:
    environment = _environment(OURS["worker"])
    postgres = {name: _filled_in(value) for name, value in SERVICES["postgres"]["environment"].items()}
    user, password, name = (postgres[f"POSTGRES_{word}"] for word in ("USER", "PASSWORD", "DB"))
    assert environment["NEWSLETTER_DATABASE_URL"] == f"postgresql://{user}:{password}@postgres/{name}"
    assert environment["NEWSLETTER_BROKER_URL"].startswith("redis://valkey:")


def test_ports_agree() -> None:
    port = _environment(OURS["web"])["NEWSLETTER_WEB_PORT"]
    assert OURS["web"]["ports"] == [f"127.0.0.1:{port}:{port}"], "pages are for the proxy on this host alone"
    assert f"127.0.0.1:{port}/" in OURS["web"]["healthcheck"]["test"][-1]
    assert f"EXPOSE {port}" in DOCKERFILE
    assert Settings.model_fields["web_port"].default == int(port)


def test_the_port_for_mail_is_for_this_host_alone_and_its_health_check_is_greeted() -> None:
    listening = Listening.at(_environment(OURS["inbound"])["NEWSLETTER_INBOUND_URL"])
    assert OURS["inbound"]["ports"] == [f"127.0.0.1:{listening.port}:{listening.port}"]
    assert f"EXPOSE 8025 {listening.port}" in DOCKERFILE
    assert Settings.model_fields["inbound_url"].default == f"lmtp://127.0.0.1:{listening.port}"
    assert listening.protocol == "lmtp"
    with Door() as door:
        check = OURS["inbound"]["healthcheck"]["test"][-1]
        subprocess.run([sys.executable, "-c", check.replace(str(listening.port), str(door.at))], check=True)


def test_the_health_check_of_the_pages_asks_for_a_page_that_there_is(tmp_path: Path) -> None:
    found = re.search(r"http://127\.0\.0\.1:\d+(/[\w/]*)'", OURS["web"]["healthcheck"]["test"][-1])
    assert found is not None
    pages = create_app(Runtime(Settings(data_dir=tmp_path, publication=ROOT / "seeds" / "publication.toml")))
    assert found[1] in str(pages.url_path_for("health"))
    compile(OURS["web"]["healthcheck"]["test"][-1], "healthcheck", "exec")


def _of_celery(expression: str, tmp_path: Path) -> str:
    """Evaluate an expression about `workers.app`, in a process of its own: it keeps the first settings that it sees."""
    code = f"from workers.app import app; print({expression})"
    environment = os.environ | {"NEWSLETTER_DATA_DIR": str(tmp_path)}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_health_check_of_the_worker_asks_our_application(tmp_path: Path) -> None:
    words = shlex.split(OURS["worker"]["healthcheck"]["test"][1])
    assert words[words.index("-A") + 1] == "workers.app"
    assert _of_celery("app.main", tmp_path) == "newsletter"


def test_the_health_check_of_the_beat_looks_at_the_file_that_it_writes(tmp_path: Path) -> None:
    words = shlex.split(OURS["beat"]["healthcheck"]["test"][1])
    assert words[:2] == ["find", _environment(OURS["beat"])["NEWSLETTER_DATA_DIR"]]
    written = Path(_of_celery("app.conf.beat_schedule_filename", tmp_path))
    assert written.parent == tmp_path
    assert written.name == words[words.index("-name") + 1].rstrip("*")


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_starts_after_the_migration_has_a_health_check_and_comes_back(name: str) -> None:
    service = LASTING[name]
    assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert service["depends_on"]["valkey"] == {"condition": "service_healthy"}
    assert service["healthcheck"]["test"]
    assert OURS["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert OURS["migrate"]["command"] == ["newsletter", "db", "upgrade"]


def test_what_must_last_lies_in_a_volume() -> None:
    mounted = {
        name: {_filled_in(volume).partition(":")[0] for volume in service.get("volumes", ())}
        for name, service in SERVICES.items()
    }
    assert all(mounted.values())
    assert {name for names in mounted.values() for name in names if "/" not in name} == set(COMPOSE["volumes"])
    assert mounted["postgres"].isdisjoint(mounted["web"]), "the key and the database never share a volume"


def test_paths_in_settings_are_mounted_and_the_key_lies_apart_from_the_database(service: dict[str, Any]) -> None:
    places = {_filled_in(volume).split(":")[1] for volume in service["volumes"]}
    environment = _environment(service)
    assert str(Path(environment["NEWSLETTER_KEY_FILE"]).parent) in places - {environment["NEWSLETTER_DATA_DIR"]}
    assert str(Path(environment["NEWSLETTER_PUBLICATION"]).parent) in places
    assert environment["NEWSLETTER_DATA_DIR"] in places


def test_no_secret_stands_in_the_file() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key or "://" in str(value):
                assert not re.search(r"://[^$]*:[^$/]*@", str(value)), f"{name}: {key}"


def test_the_image_is_made_for_a_python_that_the_project_takes() -> None:
    found = re.search(r"^FROM python:(\d+)\.(\d+)", DOCKERFILE, re.MULTILINE)
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert found is not None
    assert (int(found[1]), int(found[2])) >= tuple(map(int, wanted.removeprefix(">=").split(".")))
    assert sys.version_info[:2] >= tuple(map(int, wanted.removeprefix(">=").split(".")))


def test_the_image_runs_as_a_user_of_its_own_who_owns_the_volumes() -> None:
    users = re.findall(r"^USER (\w+)", DOCKERFILE, re.MULTILINE)
    assert users == ["newsletter"]
    places = {
        volume.split(":")[1] for volume in OURS["web"]["volumes"] if volume.partition(":")[0] in COMPOSE["volumes"]
    }
    made = re.search(r"install -d -o newsletter .*", DOCKERFILE)
    assert made is not None
    assert places <= set(made[0].split())


def test_what_the_image_copies_is_there_and_in_its_context() -> None:
    context = (ROOT / ".dockerignore").read_text().split()
    for copied in re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE):
        assert (ROOT / copied).exists()
        assert f"!{copied}" in context


def test_what_the_image_copies_is_all_that_a_command_needs(tmp_path: Path) -> None:
    for copied in re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE):
        if (ROOT / copied).is_dir():
            shutil.copytree(ROOT / copied, tmp_path / copied)
    done = subprocess.run(
        [sys.executable, "-m", "newsletter.cli", "load", "seeds"],
        env=os.environ | {"PYTHONPATH": str(tmp_path), "NEWSLETTER_DATA_DIR": str(tmp_path / "data")},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "2019-W41" in done.stdout
