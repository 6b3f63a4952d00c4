"""What a reader is told is kept about them: all of it, the same as an operator sees, and nothing about anybody else."""

import json

import pytest

from newsletter import addresses, subscribing
from tests.verbs.bounces import report
from tests.verbs.conftest import Installation
from tests.verbs.readers import ANNA, access_link, add, change, in_the_thick_of_it, my_data


@pytest.fixture
def anna(here: Installation) -> bytes:
    """A reader of an installation with commentaries."""
    here.load_seeds()
    return add(here)


def test_their_data_are_all_that_is_kept(here: Installation, anna: bytes) -> None:
    token = in_the_thick_of_it(here, anna)
    change(here, anna, "be-ru", ("ru", "be"), silent_days=14)
    report(here, anna)
    data = my_data(here, token)
    assert data is not None
    json.dumps(data)
    assert data.pop("came_back") == [
        {
            "week": "2019-W12",
            "day": "2019-10-15",
            "kind": "bad-address",
            "enhanced": "5.1.1",
            "server_said": "no such user",
            "told_by": "lmtp",
            "counts": True,
        }
    ]
    assert [one["day"] for one in data.pop("consents")] == ["2019-10-14"]
    digests = data.pop("digests")
    assert [(one["week"], one["state"]) for one in digests] == [("2019-W41", "queued"), ("2019-W12", "sent")]
    assert digests[1]["server_said"]
    assert [(one["kind"], one["day"], one["state"]) for one in data.pop("other_mail")] == [
        ("access", "2019-10-15", "queued"),
        ("confirm", "2019-10-15", "queued"),
        ("standing", "2019-10-14", "sent"),
    ]
    assert [(one["kind"], one["edition"], one["until"][:10]) for one in data.pop("askings")] == [
        ("subscribe", "en", "2019-10-22"),
        ("access", None, "2019-10-16"),
        ("move", "be-ru", "2019-10-22"),
    ]
    assert data == {
        "address": ANNA,
        "edition": "be-ru",
        "languages": ["ru", "be"],
        "variant": "full",
        "spoken_to_in": "be",
        "state": "paused",
        "paused_until": "2019-10-29",
        "stop_reason": None,
        "since": "2019-10-14",
    }


def test_an_operator_who_looks_sees_the_same(here: Installation, anna: bytes) -> None:
    token = in_the_thick_of_it(here, anna)
    here.deliver()
    data = my_data(here, token)
    assert data is not None
    with here.database.transaction() as session:
        known = subscribing.known_of(session, here.keyring, addresses.parse(ANNA), now=here.clock())
    assert known.subscriber is not None
    shown = {**known.subscriber, "address": ANNA, "other_mail": known.notes, "askings": known.askings}
    assert shown.pop("ref") == anna.hex()
    assert shown == data
    assert [len(data[part]) for part in ("consents", "digests", "other_mail", "askings")] == [1, 2, 3, 3]
    told = {"kind": "subscribe", "state": "answered", "edition": "en", "languages": ["en"], "variant": "full"}
    assert data["askings"][0].items() >= told.items()


def test_their_data_name_nobody_else(here: Installation, anna: bytes) -> None:
    other = add(here, "zosia@example.org", "en")
    access_link(here, other)
    here.plan()
    here.deliver()
    data = my_data(here, access_link(here, anna))
    assert data is not None
    assert (len(data["digests"]), len(data["other_mail"]), len(data["askings"])) == (1, 1, 1)
