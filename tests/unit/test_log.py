"""The log: no address in any line, whoever wrote it, tracebacks too."""

import logging
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.log import Scrubbed


def line(message: str, *args: object, error: BaseException | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, message, args, info)
    return Scrubbed("%(message)s").format(record)


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 <anna@example.org>: no such user",
        "{'to': 'anna@example.org'}",
        'b"anna@example.org"',
        "RCPT TO:<anna@example.org> SIZE=1",
        "to=anna@example.org,",
        "smtp://anna:s3cret@mail.example.org:587",
        "анна@пошта.example",
    ],
)
def test_nothing_that_looks_like_an_address_is_written(text: str) -> None:
    for written in (line(text), line("%s", text), line("x", error=ValueError(text))):
        assert "<…>" in written
        for secret in ("anna@", "s3cret", "example.org>", "пошта"):
            assert secret not in written


@given(st.emails())
def test_no_address_passes(address: str) -> None:
    written = line("sent to <%s>", address)
    assert "@" not in written


def test_a_traceback_of_any_process_that_logs_is_scrubbed() -> None:
    code = """
from newsletter.log import configure_logging
import logging
configure_logging("debug")
try:
    raise ValueError("anna@example.org") from KeyError("piotr@example.org")
except ValueError:
    logging.getLogger("any").exception("no luck with %s", "zosia@example.org")
logging.getLogger("any").debug("bounce+abc@example.org")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.count("<…>") == 4
    assert "Traceback" in done.stderr
    assert "example.org" not in done.stderr
    assert done.stdout == ""
