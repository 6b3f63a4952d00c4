"""`newsletter subscribers show|stop|resume|erase|resend-confirm`: one reader, by an address that is said nowhere."""

import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from newsletter import addresses, subscribing
from newsletter.languages import Language
from newsletter.outcomes import State
from newsletter.store.askings import AskingRow
from newsletter.store.audit import AuditRow
from newsletter.store.consents import ConsentRow
from newsletter.store.deliveries import DeliveryRow
from newsletter.store.notes import NoteRow
from newsletter.store.subscribers import SubscriberRow, SubscriberState
from newsletter.store.suppressions import SuppressionReason, SuppressionRow, suppress
from newsletter.store.tallies import count_one
from newsletter.subscribing import LeaveReason, Limits, Wish
from newsletter.tokens import Purpose, make
from tests.servers.command import Answer, Command
from tests.verbs.conftest import WEEK

READER = "en-full-0@example.org"
ANNA = "anna@example.org"
LIMITS = Limits(per_day=1, per_month=3)


def quietly(answer: Answer, code: int, out: str) -> None:
    """The command said that, and no address."""
    assert (answer.code, answer.out.strip()) == (code, out)
    assert "@" not in answer.out + answer.err


def audit(command: Command) -> list[tuple[str, str | None]]:
    with command.here.database.reading() as session:
        rows = session.execute(select(AuditRow.what, AuditRow.ref).order_by(AuditRow.id)).all()
    return [(what, ref) for what, ref in rows if what.startswith(("reader", "confirm"))]


def reader(command: Command, address: str = READER) -> SubscriberRow | None:
    here = command.here
    with here.database.transaction() as session:
        return subscribing.subscriber_at(session, here.keyring, addresses.parse(address))


def ref(command: Command) -> str:
    row = reader(command)
    assert row is not None
    return row.ref.hex()


def ask(command: Command, address: str = ANNA) -> bool:
    """Somebody fills in the form, and is answered."""
    here = command.here
    edition = here.publication.edition("be-ru")
    wish = Wish(addresses.parse(address), edition, edition.languages)
    with here.database.transaction() as session:
        id = subscribing.ask(session, here.keyring, wish, tongue=Language("be"), door="web", now=here.clock())
        return subscribing.answer(session, here.keyring, id, limits=LIMITS, now=here.clock()) is not None


def delivery(command: Command) -> DeliveryRow:
    with command.here.database.reading() as session:
        return session.scalars(select(DeliveryRow)).one()


def test_nothing_known_is_nobody_here(command: Command) -> None:
    for words in (("show",), ("stop",), ("resume",), ("erase", "--yes")):
        quietly(command("subscribers", *words, ANNA), 1, "nobody here")
    for words in (("show",), ("stop",), ("resume",), ("erase",), ("resend-confirm",)):
        quietly(command("subscribers", *words, "anna at b"), 2, "")
    assert audit(command) == []


def test_a_reader_is_shown_with_all_that_is_kept_but_the_address(command: Command) -> None:
    here = command.here
    here.load_seeds()
    here.add_readers(1)
    here.plan()
    answer = command("subscribers", "show", READER.upper(), "--json")
    assert answer.code == 0
    assert READER not in answer.out.lower()
    found = json.loads(answer.out)
    assert found == {
        "subscriber": {
            "ref": ref(command),
            "state": "active",
            "stop_reason": None,
            "paused_until": None,
            "came_back": [],
            "since": "2019-10-14",
            "edition": "en",
            "languages": ["en"],
            "variant": "full",
            "spoken_to_in": "en",
            "consents": [{"text_version": "vouched", "language": "en", "door": "operator", "day": "2019-10-14"}],
            "digests": [
                {"week": str(WEEK), "state": "queued", "reason": None, "at": None, "server_said": None},
            ],
        },
        "askings": [],
        "notes": [],
        "suppression": None,
    }  # fmt: skip
    command("subscribers", "stop", READER)
    lines = command("subscribers", "show", READER).out.splitlines()
    assert [line.split(maxsplit=1) for line in lines if not line.startswith("spoken")] == [
        ["state", "stopped  (operator)"],
        ["since", "2019-10-14"],
        ["reads", "en (en, full)"],
        ["ref", ref(command)],
        ["consent", "2019-10-14  words vouched  en  operator"],
        ["digest", "2019-W41  queued"],
    ]
    assert audit(command) == [
        ("reader shown", ref(command)), ("reader stopped", ref(command)), ("reader shown", ref(command)),
    ]  # fmt: skip


def test_an_asking_its_mail_and_a_suppression_are_shown(command: Command) -> None:
    here = command.here
    assert ask(command)
    with here.database.transaction() as session:
        suppress(session, here.keyring.lookup(ANNA), SuppressionReason.LEFT, today=here.clock().date())
    answer = command("subscribers", "show", ANNA)
    quietly(answer, 0, answer.out.strip())
    assert answer.out.splitlines() == [
        "asked        subscribe  be-ru (be, ru, full)  web  answered  until 2019-10-21 09:00",
        "mail         2019-10-14  confirm  queued",
        "suppressed   left, 2019-10-14",
    ]
    assert audit(command) == []  # no subscriber, so no ref
    here.clock.forward(days=8)
    assert json.loads(command("subscribers", "show", ANNA, "--json").out)["askings"] == []


def test_stopping_holds_at_once_and_can_be_undone(command: Command) -> None:
    here = command.here
    here.load_seeds()
    here.add_readers(1)
    here.plan()
    quietly(command("subscribers", "stop", READER), 0, "stopped")
    row = reader(command)
    assert row is not None
    assert (row.state, row.stop_reason) == (SubscriberState.STOPPED, "operator")
    quietly(command("subscribers", "resume", READER), 0, "active")
    row = reader(command)
    assert row is not None
    assert (row.state, row.stop_reason) == (SubscriberState.ACTIVE, None)
    quietly(command("subscribers", "resume", READER), 1, "not stopped: they are written to already")
    assert audit(command) == [("reader stopped", row.ref.hex()), ("reader resumed", row.ref.hex())]


def test_who_stops_or_resumes_is_told_whom_and_how_they_stood(command: Command) -> None:
    here, address = command.here, addresses.parse(READER)
    here.add_readers(1)
    mine = bytes.fromhex(ref(command))
    with here.database.transaction() as session:
        stood = [subscribing.resume_address(session, here.keyring, address)]
        assert subscribing.stop_address(session, here.keyring, address) == mine
        stood += [subscribing.resume_address(session, here.keyring, address) for _ in range(2)]
        for change in (subscribing.stop_address, subscribing.resume_address):
            assert change(session, here.keyring, addresses.parse(ANNA)) is None
    active, stopped = (mine, SubscriberState.ACTIVE), (mine, SubscriberState.STOPPED)
    assert stood == [active, stopped, active]


def test_what_is_still_owed_to_a_stopped_reader_is_skipped(command: Command, postbox: object) -> None:
    here = command.here
    here.load_seeds()
    here.add_readers(1)
    here.plan()
    command("subscribers", "stop", READER)
    here.deliver()
    assert (delivery(command).state, delivery(command).reason) == (State.SKIPPED, "stopped")
    assert "digest       2019-W41  skipped (stopped)" in command("subscribers", "show", READER).out


def test_silence_that_a_reader_asked_for_is_not_ended(command: Command) -> None:
    here = command.here
    here.add_readers(1)
    with here.database.transaction() as session:
        until = here.clock().date() + timedelta(days=30)
        subscribing.silence_address(session, here.keyring, addresses.parse(READER), until)
    quietly(command("subscribers", "resume", READER), 1, "not stopped: they asked for silence themselves")
    row = reader(command)
    assert row is not None
    assert row.paused_until == until


def test_who_left_is_not_brought_back(command: Command) -> None:
    here = command.here
    here.add_readers(1)
    with here.database.transaction() as session:
        token = make(here.keyring, Purpose.LEAVE, bytes.fromhex(ref(command)))
        subscribing.leave(session, here.keyring, token, today=here.clock().date())
    for word in ("resume", "stop"):
        quietly(command("subscribers", word, READER), 1, "nobody here")
    quietly(command("subscribers", "show", READER), 0, "suppressed   left, 2019-10-14")
    answer = command("subscribers", "add", READER, "--edition", "en")
    assert answer.out.startswith("not added: left before")
    assert reader(command) is None


@pytest.mark.parametrize("typed", ["n\n", "", "y\n", None])
def test_erasing_leaves_a_keyed_entry_alone(
    command: Command, monkeypatch: pytest.MonkeyPatch, typed: str | None
) -> None:
    here = command.here
    here.load_seeds()
    here.add_readers(1)
    here.plan()
    assert ask(command, READER)  # for another letter
    words = ["--yes"] if typed is None else []
    monkeypatch.setattr("sys.stdin", io.StringIO(typed or ""))
    answer = command("subscribers", "erase", READER, *words)
    assert "@" not in answer.out + answer.err
    tables = (SubscriberRow, ConsentRow, AskingRow, NoteRow, SuppressionRow)
    with here.database.reading() as session:
        kept = [session.scalar(select(func.count()).select_from(table)) for table in tables]
    if typed in ("n\n", ""):
        assert answer.code == 1
        assert kept == [1, 1, 1, 1, 0]
        assert audit(command) == []
        return
    quietly(answer, 0, "erased")
    assert kept == [0, 0, 0, 0, 1]
    assert (delivery(command).state, delivery(command).subscriber_id) == (State.SKIPPED, None)
    assert audit(command) == [("reader erased", None)]
    quietly(command("subscribers", "show", READER), 0, "suppressed   erased, 2019-10-14")
    quietly(command("subscribers", "erase", READER, "--yes"), 1, "nobody here")


def test_who_has_still_to_confirm_and_why_people_left_is_counted(command: Command) -> None:
    here = command.here
    for name in ("a@b.example", "c@b.example"):
        assert ask(command, name)
        here.clock.forward(days=1)
        assert ask(command, name)  # twice the same person
    with here.database.transaction() as session:
        for month, why in ((9, LeaveReason.UNSAFE), (10, LeaveReason.TOO_MUCH), (10, LeaveReason.TOO_MUCH)):
            name = f"left:{why.name.lower().replace('_', '-')}"
            count_one(session, name, today=here.clock().date().replace(month=month))
        count_one(session, "something else", today=here.clock().date())
    found = json.loads(command("subscribers", "count", "--json").out)
    assert found["asked"] == 2
    assert found["left"] == [
        {"month": "2019-10", "why": "too-much", "readers": 2},
        {"month": "2019-09", "why": "unsafe", "readers": 1},
    ]
    lines = command("subscribers", "count").out.splitlines()
    assert [line.split()[:2] for line in lines[3:]] == [["asked", "2"], ["left", "2019-10"], ["left", "2019-09"]]


def test_an_import_says_how_many_left_before_and_names_nobody(command: Command, tmp_path: object) -> None:
    here = command.here
    here.add_readers(2)
    command("subscribers", "erase", READER, "--yes")
    file = here.settings.data_dir / "readers.csv"
    file.write_text(f"email,edition\n{READER}\nen-full-1@example.org,en\n{READER},en\nnew@example.org,en\n")
    answer = command("subscribers", "import", file)
    assert answer.out == "added 1, already there 1, invalid 1\n"
    assert "left before, not added: 1\n" in answer.err
    assert "@" not in answer.out + answer.err
