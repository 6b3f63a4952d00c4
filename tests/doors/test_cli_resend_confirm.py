"""`newsletter subscribers resend-confirm`: the confirm mail once more, if somebody asked, and nobody complained."""

import pytest
from sqlalchemy import select

from newsletter import subscribing
from newsletter.notes import NoteKind
from newsletter.store.notes import NoteRow
from newsletter.store.suppressions import SuppressionReason, suppress
from newsletter.tokens import Purpose, make
from tests.doors.test_cli_readers import ANNA, ask, audit, quietly
from tests.servers.command import Command


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Bells that were rung, after what was committed."""
    rung: list[str] = []

    def ring() -> bool:
        rung.append("notes")
        return True

    monkeypatch.setattr("workers.bells.ring_for_notes", ring)
    return rung


def notes(command: Command) -> list[NoteRow]:
    with command.here.database.reading() as session:
        return list(session.scalars(select(NoteRow).where(NoteRow.lookup.is_not(None)).order_by(NoteRow.id)))


def test_a_confirm_mail_that_got_lost_is_owed_again_with_the_same_link(command: Command, bells: list[str]) -> None:
    here = command.here
    assert ask(command)
    assert not ask(command)  # one a day, for whoever types an address
    here.clock.forward(days=3)
    for number in range(2, 5):
        quietly(command("subscribers", "resend-confirm", ANNA), 0, "the confirm mail is owed once more")
        assert len(notes(command)) == number
        assert len(bells) == number - 1
    first, *others = notes(command)
    assert {note.kind for note in others} == {NoteKind.CONFIRM}
    assert all((note.facts, note.tongue) == (first.facts, "be") for note in others)
    token = make(here.keyring, Purpose.CONFIRM, bytes.fromhex(first.facts["asking"]))
    here.clock.forward(days=6)  # the first mail's week is over, the last one's is not
    with here.database.transaction() as session:
        assert subscribing.confirm(session, here.keyring, token, now=here.clock(), today=here.clock().date())
    assert {ref for _, ref in audit(command)} == {first.facts["asking"]}
    quietly(
        command("subscribers", "resend-confirm", ANNA),
        1,
        "nobody here who has still to confirm; ask them to sign up again",
    )


def test_who_asked_for_nothing_or_too_long_ago_is_not_mailed(command: Command, bells: list[str]) -> None:
    assert ask(command)
    command.here.clock.forward(days=7)
    for address in (ANNA, "nobody@example.org"):
        assert command("subscribers", "resend-confirm", address).code == 1
    assert len(notes(command)) == 1
    assert bells == []


def test_who_has_reported_us_is_not_mailed_whoever_vouches(command: Command, bells: list[str]) -> None:
    here = command.here
    assert ask(command)
    with here.database.transaction() as session:
        suppress(session, here.keyring.lookup(ANNA), SuppressionReason.COMPLAINT, today=here.clock().date())
    answer = command("subscribers", "resend-confirm", ANNA)
    quietly(answer, 1, "not mailed: its owner reported us, and nothing is sent there any more")
    assert (len(notes(command)), bells, audit(command)) == (1, [], [])
