"""`newsletter digest pause|resume|cancel|resend|doubtful|check`: what they say, and how they end."""

import io
import json
import re

import pytest
from sqlalchemy import update

from newsletter.outcomes import State
from newsletter.store.batches import BatchRow
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.digests import DigestRow, DigestState
from tests.servers.command import Command
from tests.servers.postbox import Postbox

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the verbs do on each engine is shown by their own tests."""

ANNA = "en-full-1@example.org"
DELAYED = "the broker does not answer; a worker that runs finds the work within a minute\n"


@pytest.fixture
def ready(command: Command) -> Command:
    """The sample's commentaries, and five readers of one letter."""
    command.here.load_seeds()
    command.here.add_readers(5)
    return command


@pytest.fixture
def planned(ready: Command) -> Command:
    """The sample's week, planned."""
    ready.here.plan()
    return ready


@pytest.fixture
def doubtful(planned: Command) -> Command:
    """Two in doubt, the others sent: one at a server that is known, one with the worker that knew it gone."""
    with planned.here.database.transaction() as session:
        session.execute(update(DeliveryRow).values(state=State.SENT))
        session.execute(update(BatchRow).values(hi=BatchRow.lo))
        for id, server, text in ((2, "mx.example.net:25", "after the final dot: connection closed"), (4, None, None)):
            values = {"state": State.DOUBTFUL, "server": server, "text": text, "crashes": 1, "at": planned.here.clock()}
            session.execute(update(DeliveryRow).where(DeliveryRow.id == id).values(values))
        session.execute(update(DigestRow).values(state=DigestState.SENDING))
    planned.here.deliver()
    return planned


def state(command: Command) -> str:
    return str(json.loads(command("digest", "status", "2019-W41", "--json").out)["state"])


def test_pausing_and_resuming_are_answered_in_a_line(planned: Command) -> None:
    paused = planned("digest", "pause", "2019-W41")
    assert (paused.code, paused.out, paused.err, state(planned)) == (0, "2019-W41: paused\n", "", "paused")
    resumed = planned("digest", "resume", "2019-W41")
    assert (resumed.code, resumed.out, resumed.err) == (0, "2019-W41: goes on\n", DELAYED)
    assert state(planned) == "sending"


def test_a_cancel_says_how_many_have_it_and_asks(planned: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with planned.here.database.transaction() as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.id > 3).values(state=State.SENT))
    for typed in ("n\n", "\n", "whatever\nno\n", ""):  # the last: nobody is there to say yes
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        answer = planned("digest", "cancel", "2019-W41")
        assert (answer.code, answer.out.strip()) == (1, "")
        assert "2019-W41: 2 have it, 0 may have it, 3 have not." in answer.err
    assert state(planned) == "sending"
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    answer = planned("digest", "cancel", "2019-W41")
    assert (answer.code, answer.out.strip()) == (0, "2019-W41: cancelled: 2 have it, 0 may have it, 3 have not")
    assert state(planned) == "cancelled"


def test_a_cancel_with_yes_asks_nothing(planned: Command) -> None:
    answer = planned("digest", "cancel", "2019-W41", "--yes")
    assert (answer.code, answer.out) == (0, "2019-W41: cancelled: 0 have it, 0 may have it, 5 have not\n")
    assert answer.err == ""


def test_resending_rings_and_does_not_repeat_the_address(planned: Command, postbox: Postbox) -> None:
    planned.here.deliver()
    answer = planned("digest", "resend", "2019-W41", ANNA)
    assert (answer.code, answer.out, answer.err) == (0, "2019-W41: owed to this reader once more\n", DELAYED)
    again = planned("digest", "resend", "2019-W41", ANNA)
    assert (again.code, again.out) == (2, "")
    assert again.err == "newsletter: 2019-W41: owed to this reader still (queued); nothing is changed\n"
    planned.here.deliver()
    assert len(set(postbox.taken[ANNA])) == 2


def test_resending_of_a_paused_digest_says_that_it_waits(planned: Command, postbox: Postbox) -> None:
    planned.here.deliver()
    with planned.here.database.transaction() as session:
        session.execute(update(DigestRow).values(state=DigestState.PAUSED))
    answer = planned("digest", "resend", "2019-W41", ANNA)
    assert answer.code == 0
    assert "2019-W41: the digest is paused; newsletter digest resume 2019-W41 goes on with it\n" in answer.err


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("pause", "2019-W12"), "2019-W12: no digest is planned, so nothing can be paused"),
        (("resume", "2019-W41"), "2019-W41: the digest is sending, and cannot be resumed"),
        (("cancel", "2031-W01"), "2031-W01: no digest is planned, so nothing can be cancelled"),
        (("resend", "2019-W41", "nobody@example.net"), "no subscriber has that address"),
        (("resend", "2019-W41", "nobody at example.net"), "not a valid e-mail address"),
        (("resend", "2019-W12", ANNA), "2019-W12: no digest is planned, so nothing can be sent again"),
        (("doubtful", "2019-W12", "--resend"), "2019-W12: no digest is planned, so nothing can be sent again"),
        (("doubtful", "2019-W41", "--resend", "--leave"), "either --resend or --leave, not both"),
        (("check", "last"), "'last' is not a week"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_clear_line(planned: Command, words: tuple[str, ...], fault: str) -> None:
    answer = planned("digest", *words)
    assert (answer.code, answer.out) == (2, "")
    assert fault in answer.err.splitlines()[-1]
    assert not re.search(r"nobody|Traceback", answer.err)
    assert state(planned) == "sending"


def test_doubt_is_listed_for_a_person_and_for_a_program(doubtful: Command) -> None:
    answer = doubtful("digest", "doubtful", "2019-W41")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [
        "2019-W41: 1 in doubt: en (en, full), mx.example.net:25",
        "2019-W41: 1 in doubt: en (en, full), unknown server",
        "2  en (en, full)  mx.example.net:25  crashes 1  2019-10-14 09:00  after the final dot: connection closed",
        "4  en (en, full)  unknown server  crashes 1  2019-10-14 09:00",
    ]
    listed = json.loads(doubtful("digest", "doubtful", "2019-W41", "--json").out)
    assert listed[1] == {
        "id": 4, "edition": "en", "languages": ["en"], "variant": "full", "server": None, "crashes": 1,
        "at": "2019-10-14T06:00:00+00:00", "text": "",
    }  # fmt: skip


def test_doubt_is_owed_again_or_left(doubtful: Command, postbox: Postbox) -> None:
    with doubtful.here.database.transaction() as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.id == 4).values(subscriber_id=None))
    answer = doubtful("digest", "doubtful", "2019-W41", "--resend")
    assert (answer.code, answer.out) == (0, "2019-W41: 1 owed again\n")
    assert answer.err == f"2019-W41: 1 stay in doubt: their readers are not written to any more\n{DELAYED}"
    doubtful.here.deliver()
    assert postbox.messages == 1
    again = doubtful("digest", "doubtful", "2019-W41", "--resend")
    assert (again.out, DELAYED in again.err) == ("2019-W41: 0 owed again\n", False)
    left = doubtful("digest", "doubtful", "2019-W41", "--leave")
    assert (left.code, left.out, left.err) == (0, "2019-W41: 1 left in doubt\n", "")
    none = doubtful("digest", "doubtful", "2019-W41")
    assert (none.code, none.out, none.err) == (0, "", "2019-W41: nothing is in doubt\n")
    assert json.loads(doubtful("digest", "doubtful", "2031-W01", "--json").out) == []


def test_a_check_is_silent_of_faults_where_there_are_none(planned: Command) -> None:
    answer = planned("digest", "check")
    assert (answer.code, answer.out, answer.err) == (0, "2019-W41  sending  planned 5: 5 queued  sound\n", "")
    assert planned("digest", "check", "2031-W01").out == "2031-W01  open  planned 0  sound\n"
    (account,) = json.loads(planned("digest", "check", "2019-W41", "--json").out)
    assert (account["planned"], account["queued"], account["sound"]) == (5, 5, True)


def test_a_check_names_faults_and_ends_with_1(planned: Command) -> None:
    with planned.here.database.transaction() as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.id == 1).values(state=State.SENDING))
        session.execute(update(BatchRow).values(hi=2))
        session.execute(update(DeliveryRow).where(DeliveryRow.id == 5).values(plan_id=99))
    answer = planned("digest", "check")
    assert (answer.code, answer.err) == (1, "")
    assert answer.out.splitlines() == [
        "2019-W41  sending  planned 5: 3 queued, 1 sending",
        "  the account does not balance: planned and found differ",
        "  2 owed and in no batch: nobody would claim them",
        "  1 on the wire, as they say, and no worker has them",
    ]
    with planned.here.database.transaction() as session:
        session.execute(update(DigestRow).where(DigestRow.week == "2019-W41").values(state=DigestState.SENT))
    last = planned("digest", "check").out.splitlines()[-1]
    assert last == "  1 batches are left of a digest that has ended"
    assert json.loads(planned("digest", "check", "--json").out)[0]["sound"] is False


def test_nothing_planned_is_nothing_wrong(ready: Command) -> None:
    answer = ready("digest", "check")
    assert (answer.code, answer.out, answer.err) == (0, "", "nothing has been planned yet\n")
    assert json.loads(ready("digest", "check", "--json").out) == []
