"""Loading: what the files say becomes what the store holds, all or nothing; again changes nothing."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from newsletter import publishing
from newsletter.digest import Commentary
from newsletter.editing import Change, LoadReport, load, read_tree
from newsletter.errors import Faults
from newsletter.store.commentaries import CommentaryRow, TranslationRow, commentaries_of
from newsletter.store.digests import DigestState, digest_of
from newsletter.store.letters import LetterRow, letters_of
from newsletter.weeks import Week
from tests.servers.pages import Pages
from tests.verbs.conftest import SEEDS, WEEK, Installation
from tests.verbs.manuscripts import manuscript, write

SLUG = "talks"
PLACE = f"2019-W41/west/{SLUG}.en.md"


@pytest.fixture
def there(install: Callable[..., Installation], tmp_path: Path) -> Installation:
    """An installation with two commentaries in a folder, loaded."""
    write(tmp_path, PLACE)
    write(tmp_path, "2019-W41/russia/gas.en.md")
    installation = install()
    loaded(installation, tmp_path)
    return installation


def loaded(here: Installation, root: Path, *, correct: bool = False) -> LoadReport:
    with here.database.transaction() as session:
        return load(session, read_tree(root, here.publication), correct=correct)


def stored(here: Installation, week: Week = WEEK) -> dict[str, Commentary]:
    with here.database.reading() as session:
        return {one.slug: one for one in commentaries_of(session, week)}


def rows(here: Installation) -> dict[str, int]:
    """The slugs with their row ids: a row that was written anew has another."""
    with here.database.reading() as session:
        return {row.slug: row.id for row in session.scalars(select(CommentaryRow))}


def test_what_the_files_say_is_what_the_store_holds(install: Callable[..., Installation]) -> None:
    here = install()
    report = loaded(here, SEEDS)
    read = read_tree(SEEDS, here.publication)
    for week, wanted in read.items():
        assert stored(here, week) == {one.slug: one for one in wanted}
    assert report.count(Change.ADDED) == sum(map(len, read.values()))


def test_loading_again_changes_nothing(there: Installation, tmp_path: Path) -> None:
    before = rows(there)
    report = loaded(there, tmp_path)
    assert report.changes == {WEEK: {SLUG: Change.UNCHANGED, "gas": Change.UNCHANGED}}
    assert rows(there) == before


def test_only_what_changed_is_written_anew(there: Installation, tmp_path: Path) -> None:
    before = rows(there)
    write(tmp_path, PLACE, manuscript(headline="Another"))
    write(tmp_path, PLACE.replace(".en.", ".be."), manuscript(headline="Іншы"))
    write(tmp_path, "2019-W41/west/new.ru.md")
    assert loaded(there, tmp_path).changes[WEEK] == {
        SLUG: Change.CHANGED, "gas": Change.UNCHANGED, "new": Change.ADDED
    }  # fmt: skip
    assert rows(there)["gas"] == before["gas"]
    assert {code: text.headline for code, text in stored(there)[SLUG].translations.items()} == {
        "be": "Іншы", "en": "Another"
    }  # fmt: skip


def test_a_file_that_is_gone_takes_its_commentary_along(there: Installation, tmp_path: Path) -> None:
    (tmp_path / "commentaries" / PLACE).unlink()
    assert loaded(there, tmp_path).changes[WEEK] == {SLUG: Change.REMOVED, "gas": Change.UNCHANGED}
    assert list(stored(there)) == ["gas"]
    with there.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(TranslationRow)) == 1


def test_a_week_whose_last_file_is_gone_has_no_commentary_any_more(there: Installation, tmp_path: Path) -> None:
    for path in (tmp_path / "commentaries" / "2019-W41").rglob("*.md"):
        path.unlink()
    write(tmp_path, "2019-W42/west/a.en.md")
    assert loaded(there, tmp_path).count(Change.REMOVED) == 2
    assert stored(there) == {}


def test_weeks_that_the_folder_does_not_hold_stay_as_they_are(there: Installation, tmp_path: Path) -> None:
    before = stored(there)
    write(tmp_path / "more", "2019-W42/west/a.en.md")
    loaded(there, tmp_path / "more")
    assert stored(there) == before


def test_one_bad_file_and_nothing_is_stored(there: Installation, tmp_path: Path) -> None:
    before = stored(there)
    write(tmp_path, "2019-W40/west/good.en.md")
    write(tmp_path, PLACE, manuscript(headline="Another"))
    write(tmp_path, "2019-W42/west/bad.en.md", manuscript(outlook="bad"))
    with pytest.raises(Faults):
        loaded(there, tmp_path)
    assert stored(there) == before
    assert stored(there, Week(2019, 40)) == {}


def planned(here: Installation, weeks: Iterable[Week] = (WEEK,)) -> None:
    here.add_readers(1)
    for week in weeks:
        here.plan(week)


def test_a_planned_week_is_refused_and_nothing_is_stored(there: Installation, tmp_path: Path) -> None:
    write(tmp_path, "2019-W40/west/a.en.md")
    loaded(there, tmp_path)
    planned(there, (WEEK, Week(2019, 40)))
    before = stored(there)
    write(tmp_path, "2019-W39/west/good.en.md")
    write(tmp_path, PLACE, manuscript(headline="Another"))
    write(tmp_path, "2019-W40/west/a.en.md", manuscript(headline="Another"))
    with pytest.raises(Faults) as caught:
        loaded(there, tmp_path)
    assert [fault.partition(":")[0] for fault in caught.value.faults] == ["2019-W40", "2019-W41"]
    assert all("say --correct" in fault for fault in caught.value.faults)
    assert (stored(there), stored(there, Week(2019, 39))) == (before, {})


def test_a_planned_week_that_does_not_differ_is_no_fault(there: Installation, tmp_path: Path) -> None:
    planned(there)
    assert loaded(there, tmp_path).count(Change.UNCHANGED) == 2


def test_a_correction_mends_the_archive_and_leaves_the_letters(there: Installation, tmp_path: Path) -> None:
    planned(there)
    before = frozen(there)
    write(tmp_path, PLACE, manuscript(headline="Mended"))
    assert loaded(there, tmp_path, correct=True).corrected == [WEEK]
    assert stored(there)[SLUG].translations["en"].headline == "Mended"
    assert frozen(there) == before
    assert "Mended" not in str(before)


def frozen(here: Installation) -> list[object]:
    letter = only_letter(here)
    with here.database.reading() as session:
        row = digest_of(session, WEEK)
        return [row and row.content, letter.subject, letter.text, letter.html]


@pytest.mark.parametrize("approved", [False, True])
def test_a_digest_of_other_words_is_open_again_and_its_approval_void(
    there: Installation, tmp_path: Path, approved: bool
) -> None:
    with there.database.transaction() as session:
        publishing.assemble(session, there.publication, WEEK)
        if approved:
            publishing.approve(session, there.publication, WEEK, now=there.clock(), who="test")
    assert loaded(there, tmp_path).reopened == []
    assert there.status().state is (DigestState.APPROVED if approved else DigestState.ASSEMBLED)
    write(tmp_path, PLACE, manuscript(headline="Another"))
    assert loaded(there, tmp_path).reopened == [WEEK]
    assert there.status().state is DigestState.OPEN
    with there.database.reading() as session:
        shown = publishing.digest_to_show(session, there.publication, WEEK)
    assert "Another" in str(shown)


SCRIPT = "A <script>alert(1)</script> and <img src=x onerror=alert(2)>\n\n<div style='x'>raw</div>\n"


def test_raw_html_of_a_body_is_shown_as_text_in_the_letter_and_on_the_page(there: Installation, tmp_path: Path) -> None:
    write(tmp_path, PLACE, manuscript(headline="<b>bold</b> & co", standfirst="<i>x</i>", body=SCRIPT))
    loaded(there, tmp_path)
    planned(there)
    letter = only_letter(there)
    with Pages(there) as pages:
        page = pages.ask(f"/en/2019-W41/{SLUG}")
    assert page.status == 200
    for html in (letter.html or "", page.text):
        for tag in ("<script>alert", "<img", "<div style='x'", "<b>", "<i>"):
            assert tag not in html
        for text in (
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "&lt;b&gt;bold&lt;/b&gt; &amp; co",
            "&lt;i&gt;x&lt;/i&gt;",
        ):
            assert text in html
    for text in ("<script>alert(1)</script>", "<b>bold</b> & co"):
        assert text in letter.text


def test_every_character_that_may_be_loaded_is_sent(there: Installation, tmp_path: Path) -> None:
    odd = "a\ue000\U0010ffff\u202e\u200b\ufeff🇧🇾ў\ufffe\uffffz"
    write(tmp_path, PLACE, manuscript(headline=odd.replace("\ufffe\uffff", ""), body=odd))
    loaded(there, tmp_path)
    planned(there)
    assert odd in only_letter(there).text


def only_letter(here: Installation) -> LetterRow:
    with here.database.reading() as session:
        row = digest_of(session, WEEK)
        assert row is not None
        (letter,) = letters_of(session, row.id)
    return letter
