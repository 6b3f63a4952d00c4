"""The publication's file: what is wrong with it is said all at once, each fault with the file and the key."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.errors import Faults
from newsletter.publication import NoSuchEdition, load_publication

SAMPLE = Path(__file__).parents[2] / "seeds" / "publication.toml"
Faulty = Callable[..., list[str]]


@pytest.fixture
def faulty(tmp_path: Path) -> Faulty:
    """Return the faults of the sample with each text replaced by another; every line must name the file."""

    def read(*changes: tuple[str, str]) -> list[str]:
        text = SAMPLE.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "publication.toml"
        path.write_text(text)
        with pytest.raises(Faults) as caught:
            load_publication(path)
        assert all(fault.startswith(f"{path}: ") for fault in caught.value.faults)
        return [fault.removeprefix(f"{path}: ") for fault in caught.value.faults]

    return read


ONE_FAULT = [
    ('en = "The Week in Belarus"', "", "name: no text in en"),
    ('en = "The Week in Belarus"', 'en = "A"\nde = "B"', "name: de is not among the publication's languages"),
    ('en = "The Week in Belarus"', 'en = "A\\r\\nBcc: b@example.org"', "name.en: wants one line of text"),
    ('en = "The Week in Belarus"', 'en = "A\\u2028B"', "name.en: wants one line of text"),
    ('en = "The Week in Belarus"', 'en = "A\\u0085B"', "name.en: wants one line of text"),
    ('en = "The Week in Belarus"', 'en = " "', "name.en: wants one line of text"),
    ('languages = ["be", "ru", "en"]', 'languages = ["be", "ru", "en", "xx"]', "languages.3: no such language: 'xx'"),
    ('languages = ["be", "ru", "en"]', 'languages = ["be", "ru", "en", {}]', "languages.3: no such language: '{}'"),
    ('languages = ["be", "ru", "en"]', 'languages = ["be", "ru", "en", "en"]', "languages: more than once: en"),
    ('time_zone = "Europe/Minsk"', 'time_zone = "Europe/Minks"', "time_zone: no such time zone"),
    ('time_zone = "Europe/Minsk"', 'time_zone = "Europe"', "time_zone: no such time zone"),
    ('time_zone = "Europe/Minsk"', 'time_zone = "../../etc/passwd"', "time_zone: no such time zone"),
    ('"operator@example.org"', '"operator at example.org"', "operator_email: not a valid e-mail address"),
    ('base_url = "http://127.0.0.1:8025"', 'base_url = "ftp://host"', "base_url: wants http://host or https://host"),
    ('base_url = "http://127.0.0.1:8025"', 'base_url = "https://h\\r\\nX: y"', "base_url: wants http://host"),
    (
        'base_url = "http://localhost:8025"',
        'base_url = "letter.net"',
        "discreet.base_url: wants http://host or https://",
    ),
    (
        'base_url = "http://127.0.0.1:8025"',
        'base_url = "https://h.example"',
        "discreet.base_url: leads to this machine",
    ),
    ('address = "post@letter.example.net"', 'address = "post"', "discreet.address: not a valid e-mail address"),
    ('approval = "none"', 'aproval = "none"', "aproval: no such key"),
    ('operator_email = "operator@example.org"', "", "operator_email: is missing"),
    ("late_hours = 24", "late_hours = nan", "late_hours: Input should be less than or equal to 168"),
    ('weekday = "monday"', 'weekday = "someday"', "schedule.weekday: Input should be 'monday', 'tuesday'"),
    ('time = "08:00"', 'time = "25:00"', "schedule.time: Input should be in a valid time format"),
    ('time = "08:00"', "time = 8", "schedule.time: wants a local time like 08:00"),
    ('time = "08:00"', 'time = "08:00+03:00"', "schedule.time: wants a local time like 08:00"),
    ('code = "security"', 'code = "russia"', "sections: more than once: russia"),
    ('code = "security"', 'code = "general"', "sections.2.code: general is where commentaries without a section are"),
    ('code = "security"', 'code = "Security & co"', "sections.2.code: wants lower-case letters, digits and hyphens"),
    ('code = "be-ru"', 'code = "en"', "editions: more than once: en"),
    ('languages = ["be", "ru"]\n', "languages = []\n", "editions.1.languages: Tuple should have at least 1 item"),
    ('languages = ["be", "ru"]\n', 'languages = ["be", "be"]\n', "editions.1.languages: more than once: be"),
    (
        'be = "Штотыднёвы ліст № {number}"',
        'be = "Ліст {weak}"',
        "discreet.subject: there is only {week} and {number}, not {weak}",
    ),
    (
        'be = "Штотыднёвы ліст № {number}"',
        'be = "Ліст {week"',
        "discreet.subject: there is only {week} and {number}, not {week",
    ),
]


@pytest.mark.parametrize(("old", "new", "fault"), ONE_FAULT)
def test_a_fault_names_its_key_and_what_is_wanted(faulty: Faulty, old: str, new: str, fault: str) -> None:
    (found,) = faulty((old, new))
    assert found.startswith(fault)


def test_an_edition_speaks_only_the_languages_of_the_publication(faulty: Faulty) -> None:
    texts = [line for line in SAMPLE.read_text().splitlines() if line.startswith('en = "')]
    changes = [(f"{line}\n", "") for line in texts]
    assert faulty(('["be", "ru", "en"]', '["be", "ru"]'), *changes) == [
        "editions.0.languages: en is not among the publication's languages"
    ]


OURS = ("mail_in = false", "mail_in = true")


@pytest.mark.parametrize("local", ["help", "subscribe-be", "Leave+4f2a"])
@pytest.mark.parametrize("person", ["digest", "editors"])
def test_mail_to_people_is_no_command(faulty: Faulty, local: str, person: str) -> None:
    (fault,) = faulty(OURS, (f"{person}@week.example.org", f"{local}@week.example.org"))
    assert f"mail_in: mail to {local}@week.example.org would be read as a command" in fault


@pytest.mark.parametrize(
    ("mail_in", "operator"), [("mail_in = true", "help@example.com"), ("mail_in = false", "help@week.example.org")]
)
def test_a_command_elsewhere_is_none_nor_where_no_mail_is_read(tmp_path: Path, mail_in: str, operator: str) -> None:
    path = tmp_path / "publication.toml"
    path.write_text(SAMPLE.read_text().replace("operator@example.org", operator).replace("mail_in = false", mail_in))
    publication = load_publication(path)
    assert (publication.operator_email, publication.mail_in) == (operator, mail_in.endswith("true"))


def test_every_fault_is_told_at_once(faulty: Faulty) -> None:
    faults = faulty(
        ('en = "The Week in Belarus"', ""),
        ('be = "Тыдзень у Беларусі"', 'be = "a\\nb"'),
        ('time_zone = "Europe/Minsk"', 'time_zone = "Minsk"'),
        ('address = "digest@week.example.org"', 'address = "digest"'),
        ('code = "security"', 'code = "russia"'),
        ('en = "Ruling elite"', ""),
        ('weekday = "monday"', 'weekday = "mon"'),
        ("reorder = true", "reoder = true"),
    )
    assert [fault.partition(":")[0] for fault in faults] == [
        "name", "name.be", "time_zone", "sender.address", "schedule.weekday", "sections", "sections.0.name",
        "editions.1.reoder",
    ]  # fmt: skip


def test_a_broken_file_is_named_with_the_place(faulty: Faulty, tmp_path: Path) -> None:
    (fault,) = faulty(("late_hours = 24", "late_hours = = 24"))
    assert "(at line 9, column 14)" in fault
    (fault,) = faulty(("late_hours = 24", "late_hours = " + "[" * 20_000))
    assert fault == "nested too deep"
    (tmp_path / "latin").write_bytes(SAMPLE.read_text().encode("utf-16"))
    for path, what in ((tmp_path / "no", "No such file"), (tmp_path, "Is a directory"), (tmp_path / "latin", "UTF-8")):
        with pytest.raises(Faults, match=what) as caught:
            load_publication(path)
        assert str(path) in str(caught.value)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "publication.toml"
    path.write_text(SAMPLE.read_text(), encoding="utf-8-sig")
    assert load_publication(path) == load_publication(SAMPLE)


def test_the_setting_of_the_base_url_wins_and_is_checked_too() -> None:
    found = load_publication(
        SAMPLE, base_url="https://week.example.org/", discreet_base_url="https://letter.example.net/"
    )
    assert (found.base_url, found.discreet.base_url) == ("https://week.example.org", "https://letter.example.net")
    with pytest.raises(Faults, match="base_url: wants http://host"):
        load_publication(SAMPLE, base_url="week.example.org")


def test_an_edition_offers_its_orders_and_no_other() -> None:
    publication = load_publication(SAMPLE)
    orders = [[item.code for item in order] for order in publication.edition("be-ru").orders]
    assert orders == [["be", "ru"], ["ru", "be"]]
    assert [item.code for item in publication.edition("be-ru").order(())] == ["be", "ru"]
    with pytest.raises(NoSuchEdition, match="it offers be,ru or ru,be"):
        publication.edition("be-ru").order(("be",))
    with pytest.raises(NoSuchEdition, match="there are: en, be-ru"):
        publication.edition("de")


def test_the_sample_is_documented_by_its_model() -> None:
    """Every key of the sample is known; what the sample leaves out has a default."""
    assert set(tomllib.loads(SAMPLE.read_text())) <= set(type(load_publication(SAMPLE)).model_fields)


def test_a_list_that_loses_its_one_wrong_member_is_one_fault(faulty: Faulty) -> None:
    (found,) = faulty(('languages = ["be", "ru", "en"]', 'languages = ["be", "ru", "en"]\nstray = 1'))
    assert found == "stray: no such key"
    one = [('[[editions]]\ncode = "en"', '[[editions]]\ncode = "E N"')]
    found_all = faulty(*one)
    assert not any("at least 1 item" in fault for fault in found_all)
    assert any(fault.startswith("editions.0.code") for fault in found_all)
