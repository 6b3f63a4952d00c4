"""The weekly job as it runs: beats that ring, workers that close the week, mail that arrives; once."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from newsletter.clock import system_clock
from newsletter.outcomes import State
from newsletter.store.audit import AuditRow
from newsletter.store.digests import DigestState
from newsletter.weeks import Week
from tests.journeys.site import SEEDS, Site
from tests.servers.postbox import Postbox

ALWAYS_DUE = """
late_hours = 168
[schedule]
weekday = "monday"
time = "00:00"
of = "same"
"""
"""This week's digest went out on Monday, and until Sunday is not too late for it: due whatever day the test runs on."""


def publication(folder: Path, **changes: str) -> Path:
    """Write the sample publication with a week that is always due."""
    text = (SEEDS / "publication.toml").read_text(encoding="utf-8")
    for name in ("late_hours", "time_zone", *changes):
        text = "\n".join(line for line in text.splitlines() if not line.startswith(f"{name} ="))
    before, _, after = text.partition("[schedule]")
    after = after[after.index("\n[") :]
    top, _, schedule = ALWAYS_DUE.partition("[schedule]")
    extra = "\n".join(f"{name} = {value}" for name, value in {"time_zone": '"UTC"', **changes}.items())
    path = folder / "publication.toml"
    path.write_text(f"{top}{extra}\n{before}\n[schedule]{schedule}\n{after}", encoding="utf-8")
    return path


def commentary_for(folder: Path, week: Week) -> Path:
    """Copy a commentary of the sample into another week."""
    target = folder / "commentaries" / str(week) / "security"
    target.mkdir(parents=True)
    for source in (SEEDS / "commentaries" / "2019-W41" / "security").glob("*.md"):
        (target / source.name).write_bytes(source.read_bytes())
    return folder


def set_up_long_ago(site: Site) -> None:
    with site.here.database.transaction() as session:
        session.execute(update(AuditRow).values(at=datetime(2012, 1, 1, tzinfo=UTC)))


@pytest.mark.timeout(200)
def test_two_beats_and_two_workers_make_one_digest(site: Callable[..., Site], postbox: Postbox, tmp_path: Path) -> None:
    week = Week.of(system_clock().date())
    here = site(PUBLICATION=str(publication(tmp_path)), BEAT_SECONDS="1")
    set_up_long_ago(here)
    here.run("load", str(commentary_for(tmp_path, week)))
    readers = here.import_readers(50)
    for _ in range(2):
        here.hire()
        here.hire("beat")
    here.wait_for(lambda: postbox.messages >= 50)
    here.wait_for(lambda: here.tally(week)[0] is DigestState.SENT)
    assert here.tally(week)[1].states[State.SENT] == 50
    here.stand_by(beats=3)
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 1)


@pytest.mark.timeout(200)
def test_a_week_that_waits_for_approval_mails_the_operator_and_nobody_else(
    site: Callable[..., Site], postbox: Postbox, tmp_path: Path
) -> None:
    week = Week.of(system_clock().date())
    here = site(PUBLICATION=str(publication(tmp_path, approval='"one"')), BEAT_SECONDS="1")
    set_up_long_ago(here)
    here.run("load", str(commentary_for(tmp_path, week)))
    readers = here.import_readers(3)
    here.hire()
    here.hire("beat")
    here.wait_for(lambda: postbox.messages >= 1)
    assert list(postbox.taken) == [here.here.publication.operator_email]
    here.run("digest", "send", str(week), code=2)
    here.run("digest", "approve", str(week))
    here.wait_for(lambda: postbox.messages >= 4)
    assert set(postbox.taken) == {*readers, here.here.publication.operator_email}


@pytest.mark.timeout(200)
def test_a_process_opens_no_more_connections_than_it_may(site: Callable[..., Site], postbox: Postbox) -> None:
    here = site(SMTP_CONNECTIONS="3", SLICES_PER_LETTER="4", BATCH_SIZE="10")
    here.run("load", "seeds")
    here.import_readers(100)
    here.run("subscribers", "import", "seeds/readers.csv")
    postbox.delay(0.02)
    here.run("digest", "send", "2019-W41")
    here.hire("many at once")
    here.wait_for(lambda: here.tally()[0] is DigestState.SENT)
    assert postbox.messages == 113
    assert postbox.most_open == 3


@pytest.mark.parametrize("job", ["web", "worker"])
def test_nothing_starts_without_the_keys_of_its_database(site: Callable[..., Site], job: str) -> None:
    here = site()
    here.import_readers(1)
    (here.folder / "newsletter.key").unlink()
    said = here.run(job, code=2).stderr
    assert "key file" in said
    assert "Traceback" not in said
