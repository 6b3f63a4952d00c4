"""What a migration does with what is there already."""

from datetime import UTC, datetime

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

from newsletter.outcomes import State
from newsletter.store import Database, open_database, schema
from newsletter.store.notes import NoteRow, notes_are_due
from newsletter.store.notices import unseen_notices


def upgrade_to_before(database: Database, revision: str) -> None:
    """Bring an empty database to the schema that `revision` begins with."""
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    before = ScriptDirectory.from_config(config).get_revision(revision).down_revision
    with database.transaction() as session:
        config.attributes["connection"] = session.connection()
        command.upgrade(config, str(before))


def test_a_notice_whose_mail_still_waits_becomes_a_note(empty_database_url: str) -> None:
    database = open_database(empty_database_url)
    upgrade_to_before(database, "0003")
    at = "2019-10-14 06:00:00.000000" + ("" if database.is_sqlite else "+00")
    with database.transaction() as session:
        for kind, week, mail in (
            ("late", "2019-W41", "deferred"),
            ("empty", None, "queued"),
            ("approval", None, "sent"),
        ):
            session.execute(
                text(
                    "INSERT INTO notices (kind, week, text, at, mail, not_before, attempts)"
                    " VALUES (:kind, :week, 'why', :at, :mail, :at, 3)"
                ),
                {"kind": kind, "week": week, "mail": mail, "at": at},
            )
    schema.upgrade(database)
    with database.reading() as session:
        notes = session.scalars(select(NoteRow).order_by(NoteRow.id)).all()
        assert [note.facts for note in notes] == [
            {"notice": "late", "week": "2019-W41", "text": "why"},
            {"notice": "empty", "week": "", "text": "why"},
        ]
        assert {(note.kind, note.state, note.attempts, note.lookup) for note in notes} == {
            ("notice", State.QUEUED, 0, None)
        }
        assert len({note.ref for note in notes}) == 2
        assert notes_are_due(session, now=datetime(2019, 10, 14, 7, tzinfo=UTC))
        assert not notes_are_due(session, now=datetime(2019, 10, 14, 5, tzinfo=UTC))
        assert len(unseen_notices(session)) == 3
    database.close()
