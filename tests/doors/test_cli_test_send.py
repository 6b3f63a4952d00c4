"""`newsletter test-send`: the real letter to anybody, marked, and nothing kept but a line of the audit."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import func, select

from newsletter.store.audit import AuditRow
from newsletter.store.schema import METADATA
from tests.servers.command import Answer, Command
from tests.servers.postbox import Postbox
from tests.verbs.manuscripts import write

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the store does on each engine is shown by the tests of its rooms and verbs."""


@pytest.fixture
def ready(command: Command) -> Iterator[Command]:
    """The sample's commentaries, loaded; a test send changes no row but the audit."""
    command.here.load_seeds()
    before = rows(command)
    yield command
    after = rows(command)
    assert {table for table in after if after[table] != before[table]} <= {"audit"}


def rows(command: Command) -> dict[str, int]:
    with command.here.database.reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in METADATA.tables.items()
        }


def tried(command: Command, *to: str, edition: str = "en", **options: str) -> Answer:
    words = [word for one in to for word in ("--to", one)]
    words += [word for name, value in options.items() for word in (f"--{name}", value)]
    return command("test-send", "2019-W41", "--edition", edition, *words)


def message(postbox: Postbox, to: str) -> EmailMessage:
    found = message_from_bytes(postbox.body(to), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_real_letter_comes_marked_as_a_test(ready: Command, postbox: Postbox) -> None:
    answer = tried(ready, "me@example.org", edition="be-ru")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("me@example.org: sent (250")
    sent = message(postbox, "me@example.org")
    assert sent["Subject"] == "[test] Тыдзень у Беларусі: 7 кастрычніка – 13 кастрычніка 2019\N{NO-BREAK SPACE}г."
    assert sent["To"] == "me@example.org"
    assert "List-Unsubscribe" in sent
    assert postbox.senders["me@example.org"].startswith("bounce+")


def test_order_and_variant_can_be_chosen(ready: Command, postbox: Postbox) -> None:
    tried(ready, "me@example.org", edition="be-ru", languages="ru,be", variant="discreet")
    sent = message(postbox, "me@example.org")
    assert sent["Subject"].startswith("[test] Еженедельное письмо № 41")
    assert [part.get_content_type() for part in sent.walk()] == ["text/plain"]


def test_it_goes_to_several_and_each_has_its_outcome(ready: Command, postbox: Postbox) -> None:
    postbox.answers["gone@example.org"] = "550 5.1.1 <gone@example.org> no such user"
    postbox.answers["later@example.org"] = "451 4.7.1 come back"
    answer = tried(ready, "a@example.org", "gone@example.org", "later@example.org", "b@example.org")
    assert answer.code == 1
    said = [line.split(" (")[0] for line in answer.out.splitlines()]
    assert said == [
        "a@example.org: sent", "gone@example.org: refused", "later@example.org: deferred", "b@example.org: sent"
    ]  # fmt: skip
    assert answer.err == "not every address was taken\n"
    ids = [one for found in postbox.taken.values() for one in found]
    assert len(ids) == len(set(ids)) == 2


def test_a_server_that_is_away_is_an_outcome_too(ready: Command, postbox: Postbox) -> None:
    postbox.at_connect["*"] = "554 5.3.2 go away"
    answer = tried(ready, "a@example.org")
    assert (answer.code, answer.err) == (1, "not every address was taken\n")
    assert answer.out.startswith("a@example.org: ")
    assert "Traceback" not in answer.out


def test_twenty_addresses_are_served_and_twenty_one_refused(ready: Command, postbox: Postbox) -> None:
    to = [f"me-{number}@example.org" for number in range(21)]
    refused = tried(ready, *to)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == "newsletter: a test send goes to 20 addresses at most\n"
    assert postbox.messages == 0
    assert tried(ready, *to[:20]).code == 0
    assert postbox.messages == 20


def test_the_audit_says_how_many_and_not_who(ready: Command, postbox: Postbox) -> None:
    tried(ready, "me@example.org", "you@example.org")
    assert postbox.messages == 2
    with ready.here.database.reading() as session:
        last = session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert last is not None
    assert (last.what, last.ref) == ("test send to 2", "2019-W41")
    assert last.who.startswith("operator")
    assert "@" not in last.who


def test_a_test_send_never_repeats_a_message_id(ready: Command, postbox: Postbox) -> None:
    for _ in range(2):
        tried(ready, "me@example.org")
    first, again = postbox.taken["me@example.org"]
    assert first != again


@pytest.mark.parametrize(
    ("to", "edition", "options", "fault"),
    [
        (["nobody", "me@example.org", "x@y@z"], "en", {}, "newsletter: --to, number 3: not a valid e-mail address"),
        (["me@example.org"], "de", {}, "newsletter: no such edition: 'de'; there are: en, be-ru"),
        (["me@example.org"], "en", {"languages": "be"}, "newsletter: edition en has no order 'be'; it offers en"),
        (["me@example.org"], "en", {"variant": "loud"}, "'loud' is not one of 'full', 'discreet'"),
        ([], "en", {}, "Missing option '--to'"),
    ],
)
def test_what_was_asked_wrongly_is_said_and_nothing_sent(
    ready: Command, postbox: Postbox, to: list[str], edition: str, options: dict[str, str], fault: str
) -> None:
    answer = tried(ready, *to, edition=edition, **options)
    assert (answer.code, answer.out) == (2, "")
    assert fault in answer.err.splitlines()[-1]
    assert postbox.messages == 0


def test_a_week_without_commentaries_has_no_letter_to_try(command: Command, postbox: Postbox) -> None:
    answer = command("test-send", "2019-W40", "--edition", "en", "--to", "me@example.org")
    assert (answer.code, answer.err.splitlines()[-1]) == (
        2, "newsletter: 2019-W40 has no commentaries; load them with: newsletter load PATH"
    )  # fmt: skip
    assert postbox.messages == 0


def test_a_letter_with_nothing_in_its_languages_is_not_sent(command: Command, postbox: Postbox, tmp_path: Path) -> None:
    write(tmp_path, "2019-W41/west/only.ru.md")
    assert command("load", tmp_path).code == 0
    answer = tried(command, "me@example.org")
    assert answer.code == 2
    assert "no commentary in the languages" in answer.err
    assert not postbox.taken
