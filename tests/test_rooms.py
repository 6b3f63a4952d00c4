"""Which import lives where, and a few habits that keep the house in order; who may import whom is import-linter's."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = sorted(path for part in ("newsletter", "workers") for path in (ROOT / part).rglob("*.py"))
TESTS = sorted(path for part in ("tests", "bench") for path in (ROOT / part).rglob("*.py"))

SIGNATURES = "newsletter/inbound/webhooks/signatures.py"  # of providers that report to us
HOMES = {
    "sqlalchemy": ("newsletter/store/",),
    "alembic": ("newsletter/store/",),
    "sqlite3": ("newsletter/store/",),
    "psycopg": ("newsletter/store/",),
    "jinja2": ("newsletter/letters/", "newsletter/web/"),
    "premailer": ("newsletter/letters/inline.py",),
    "ssl": ("newsletter/transport/", "newsletter/inbound/", "newsletter/embedded/"),
    "smtplib": (),
    "socket": (
        *("newsletter/transport/", "newsletter/inbound/", "newsletter/embedded/", "newsletter/web/__main__.py"),
        "newsletter/delivering/slice.py",  # the name of this host, for the table of workers
        "newsletter/cli/processes.py",  # whether a broker listens
    ),
    "asyncio": (
        "newsletter/transport/",
        "newsletter/inbound/",
        "newsletter/embedded/",
        "newsletter/delivering/gate.py",
    ),
    "flufl": ("newsletter/inbound/reports/suspects.py",),
    "aiosmtpd": ("newsletter/inbound/", "newsletter/embedded/"),
    "imapclient": ("newsletter/inbound/imap/",),
    "imaplib": (),
    "celery": ("workers/",),
    "kombu": ("workers/", "newsletter/cli/sending.py"),
    "redis": ("workers/", "newsletter/windows/", "newsletter/embedded/"),
    "fastapi": ("newsletter/web/", "newsletter/embedded/"),
    "starlette": ("newsletter/web/", "newsletter/embedded/"),
    "uvicorn": ("newsletter/web/", "newsletter/embedded/"),
    "typer": ("newsletter/cli/",),
    "rich": ("newsletter/cli/",),
    "cryptography": ("newsletter/sealing.py", "newsletter/agefile.py", "newsletter/letters/dkim", SIGNATURES),
    "email_validator": ("newsletter/addresses.py",),
    "yaml": ("newsletter/editing/head.py",),
    "tomllib": ("newsletter/publication/load.py",),
    "time_machine": (),
    "pytest": (),
}
ATTRIBUTES = {
    "os.environ": ("newsletter/settings.py", "newsletter/embedded/"),
    "os.getenv": (),
    "datetime.now": ("newsletter/clock.py",),
    "datetime.utcnow": (),
    "datetime.today": (),
    "date.today": (),
    "time.time": (),
    "time.monotonic": ("newsletter/clock.py",),
}
GRAB_BAGS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "handler", "handlers"}
LONGEST = 300


def test_each_technology_is_used_in_its_room_alone() -> None:
    strangers = [
        f"{_name(path)}: {module}"
        for path in FILES
        for module in _imports(ast.parse(path.read_text()))
        if not _at_home(path, HOMES.get(module.partition(".")[0]))
    ]
    assert strangers == []


def test_clocks_and_the_environment_are_read_in_one_place() -> None:
    strangers = [
        f"{_name(path)}: {used}"
        for path in FILES
        for used in {*_attributes(ast.parse(path.read_text())), *_imports(ast.parse(path.read_text()))}
        if not _at_home(path, ATTRIBUTES.get(".".join(used.split(".")[-2:])))
    ]
    assert strangers == []


def test_only_the_ledger_and_the_begin_of_sqlite_use_the_raw_driver() -> None:
    users = {
        _name(path)
        for path in FILES
        for used in _attributes(ast.parse(path.read_text()))
        if used.rpartition(".")[2] in {"raw_connection", "driver_connection", "dbapi"}
    }
    assert users == {"newsletter/store/ledger.py", "newsletter/store/database.py"}


def test_no_file_is_long_and_none_is_a_grab_bag() -> None:
    assert [_name(path) for path in FILES + TESTS if len(path.read_text().splitlines()) > LONGEST] == []
    parts = [(path, path.with_suffix("").relative_to(ROOT).parts) for path in FILES + TESTS]
    assert [_name(path) for path, names in parts if GRAB_BAGS & {name.lower() for name in names}] == []


def test_the_rules_notice_who_breaks_them() -> None:
    guilty = ast.parse("import sqlalchemy.orm\nfrom datetime import datetime as d\nx = datetime.datetime.now()\n")
    assert [*_imports(guilty), *_attributes(guilty)] == [
        "sqlalchemy.orm",
        "datetime.datetime",
        "datetime.now",
        "datetime.datetime",
    ]
    assert not _at_home(ROOT / "newsletter/web/reading/home.py", HOMES["sqlalchemy"])
    assert _at_home(ROOT / "newsletter/store/base.py", HOMES["sqlalchemy"])
    assert not _at_home(ROOT / "newsletter/store/base.py", HOMES["smtplib"])
    assert _at_home(ROOT / "newsletter/store/base.py", None)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _at_home(path: Path, homes: tuple[str, ...] | None) -> bool:
    return homes is None or any(_name(path).startswith(home) for home in homes)


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{one.name}" for one in node.names)


def _attributes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield ".".join(ast.unparse(node).split(".")[-2:])
