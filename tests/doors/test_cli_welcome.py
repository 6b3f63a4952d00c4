"""`newsletter subscribers add|import`: who is added gets the newest digest, whom a list brings only if you say so."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.command import Command
from tests.servers.postbox import Postbox

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the verb does on each engine is shown by its own tests."""

DELAYED = "the broker does not answer; a worker that runs finds the work within a minute\n"


@pytest.fixture
def sent(command: Command, postbox: Postbox) -> Command:
    """The sample's week, sent to two readers."""
    command.here.load_seeds()
    command.here.add_readers(2)
    command.here.plan()
    command.here.deliver()
    return command


@pytest.fixture
def readers(tmp_path: Path) -> Callable[[int], Path]:
    """Write a CSV file with so many readers."""

    def write(number: int) -> Path:
        file = tmp_path / "readers.csv"
        file.write_text("email,edition\n" + "".join(f"new-{place}@example.org,en\n" for place in range(number)))
        return file

    return write


def test_who_is_added_gets_the_newest_digest_at_once(sent: Command, postbox: Postbox) -> None:
    answer = sent("subscribers", "add", "anna@example.org", "--edition", "be-ru")
    assert (answer.code, answer.out, answer.err) == (0, "added\n", DELAYED)
    again = sent("subscribers", "add", "anna@example.org", "--edition", "be-ru")
    assert (again.code, again.err) == (0, "")
    sent.here.deliver()
    assert (postbox.messages, len(postbox.taken["anna@example.org"])) == (3, 1)


def test_unless_they_are_not_to_be_welcomed(sent: Command, postbox: Postbox) -> None:
    answer = sent("subscribers", "add", "anna@example.org", "--edition", "be-ru", "--no-welcome")
    assert (answer.code, answer.out, answer.err) == (0, "added\n", "")
    sent.here.deliver()
    assert postbox.messages == 2


def test_before_anything_is_planned_there_is_nothing_to_ring_for(command: Command) -> None:
    answer = command("subscribers", "add", "anna@example.org", "--edition", "be-ru")
    assert (answer.code, answer.out, answer.err) == (0, "added\n", "")


def test_a_list_that_moves_over_sends_nobody_a_second_copy(
    sent: Command, postbox: Postbox, readers: Callable[[int], Path]
) -> None:
    answer = sent("subscribers", "import", readers(5))
    assert (answer.code, answer.out) == (0, "added 5, already there 0, invalid 0\n")
    sent.here.deliver()
    assert postbox.messages == 2


def test_a_list_is_welcomed_if_you_say_so(sent: Command, postbox: Postbox, readers: Callable[[int], Path]) -> None:
    sent("subscribers", "add", "new-0@example.org", "--edition", "en", "--no-welcome")
    answer = sent("subscribers", "import", readers(1500), "--welcome")
    assert (answer.code, answer.out) == (0, "added 1499, already there 1, invalid 0\n")
    assert answer.err.endswith(f"the newest digest goes out to 1499 of them\n{DELAYED}")
    sent.here.deliver()
    assert postbox.messages == 2 + 1499
    assert {len(ids) for ids in postbox.taken.values()} == {1}
    assert "new-0@example.org" not in postbox.taken
