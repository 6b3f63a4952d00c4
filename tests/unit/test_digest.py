"""The digest: one week in all languages, and how an edition reads it."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.digest import Commentary, Digest, Outlook, Translation, in_order
from newsletter.languages import Language
from newsletter.weeks import Week

BE, RU, EN = Language("be"), Language("ru"), Language("en")
WEEK = Week(2019, 41)

texts = st.builds(Translation, st.text(), st.text(), st.text(), st.none() | st.text())
commentaries = st.builds(
    Commentary,
    slug=st.text("abc", min_size=1),
    section=st.none() | st.sampled_from(["west", "russia"]),
    position=st.integers(0, 9999),
    outlook=st.sampled_from(Outlook),
    translations=st.dictionaries(st.sampled_from(["be", "ru", "en"]), texts),
)


def commentary(slug: str, section: str | None, *codes: str, outlook: Outlook = Outlook.BETTER) -> Commentary:
    text = Translation(slug, "standfirst", "body\n")
    return Commentary(slug, section, 0, outlook, dict.fromkeys(codes, text))


@given(st.lists(commentaries, max_size=5))
def test_a_digest_that_was_frozen_is_the_same_again(items: list[Commentary]) -> None:
    digest = Digest(WEEK, tuple(items))
    assert Digest.from_json(digest.to_json()) == digest


@given(st.lists(commentaries, max_size=8), st.sampled_from([(EN,), (BE, RU), (RU, BE)]))
def test_every_commentary_is_shown_once_or_left_out_and_said_so(
    items: list[Commentary], order: tuple[Language, ...]
) -> None:
    reading = Digest(WEEK, tuple(items)).read_in(order)
    assert len(reading.entries) + len(reading.omitted) == len(items)
    for entry in reading.entries:
        better = order[: order.index(entry.language)]
        assert not [one for one in better if one.code in entry.commentary.translations]
        assert entry.fallback == (entry.language != order[0])
    for left_out in reading.omitted:
        assert not [one for one in order if one.code in left_out.translations]
    assert sum(len(entries) for _, entries in reading.sections) == len(reading.entries)


def test_the_reader_of_two_languages_gets_the_second_where_the_first_is_missing() -> None:
    digest = Digest(
        WEEK, (commentary("a", "west", "be", "ru"), commentary("b", "west", "ru"), commentary("c", "x", "en"))
    )
    reading = digest.read_in((BE, RU))
    assert [(entry.commentary.slug, entry.language.code) for entry in reading.entries] == [("a", "be"), ("b", "ru")]
    assert [entry.commentary.slug for entry in reading.fallbacks] == ["b"]
    assert [one.slug for one in reading.omitted] == ["c"]
    assert digest.read_in((RU, BE)).fallbacks == ()


def test_the_board_shows_both_outlooks_of_a_section_each_once() -> None:
    outlooks = [Outlook.WORSE, Outlook.BETTER, Outlook.WORSE]
    items = [commentary(str(place), "west", "en", outlook=outlook) for place, outlook in enumerate(outlooks)]
    (mark,) = Digest(WEEK, tuple(items)).read_in((EN,)).board
    assert mark.outlooks == (Outlook.WORSE, Outlook.BETTER)


def test_sections_come_in_the_order_of_the_publication_and_the_general_ones_last() -> None:
    items = [
        commentary(slug, section) for slug, section in (("b", None), ("a", "gone"), ("d", "west"), ("c", "russia"))
    ]
    digest = in_order(WEEK, items, ["russia", "west"])
    assert [one.slug for one in digest.commentaries] == ["c", "d", "b", "a"]
    assert in_order(WEEK, items[::-1], ["russia", "west"]) == digest
