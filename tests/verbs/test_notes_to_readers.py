"""Notes to readers on their way: owed as facts, written with links of this installation, and sent as they show."""

import email
import email.policy
import re

import pytest

from newsletter import addresses, tokens
from newsletter.delivering.note_writing import OPENS, WRITERS, Desk, DigestGone
from newsletter.digest import Variant
from newsletter.letters import Letter
from newsletter.letters.note import PAGES
from newsletter.notes import NoteKind
from newsletter.outcomes import State
from newsletter.publication import Publication
from newsletter.store.digests import digest_of
from newsletter.store.notes import owe_note
from newsletter.tokens import Purpose
from tests.servers.postbox import Postbox
from tests.verbs.conftest import WEEK, Installation
from tests.verbs.notes import ANNA, deliver, rows

REF = bytes(range(8))
TOKEN = re.compile(r"https?://\S+/be/(\w+)/([0-9a-f]{50})\b")


def owe(here: Installation, kind: NoteKind, **facts: str) -> None:
    whose = OPENS[kind][0]
    chosen = {"edition": "be-ru", "languages": "ru be", "variant": "full"} | ({whose: REF.hex()} if whose else {})
    if kind is NoteKind.LATEST:
        chosen |= {"digest": str(planned_digest(here))}
    with here.database.transaction() as session:
        to, now = addresses.parse(ANNA), here.clock()
        assert owe_note(session, here.keyring, kind, to, facts=chosen | facts, tongue="be", now=now, per_day=1)


def planned_digest(here: Installation) -> int:
    here.load_seeds()
    here.add_readers(1)
    here.plan()
    with here.database.reading() as session:
        row = digest_of(session, WEEK)
    assert row is not None
    return row.id


@pytest.mark.parametrize("variant", ["full", "discreet"])
@pytest.mark.parametrize("kind", NoteKind)
def test_every_kind_gets_out_with_links_that_name_whom_they_are_for(
    here: Installation, postbox: Postbox, kind: NoteKind, variant: str
) -> None:
    owe(here, kind, variant=variant)
    deliver(here)
    assert [note.state for note in rows(here)] == [State.SENT]
    found = email.message_from_bytes(postbox.body(ANNA), policy=email.policy.default)
    text = found.get_body(("plain",))
    assert text is not None
    links = dict(TOKEN.findall(text.get_content()))
    assert links.keys() == {PAGES[purpose] for purpose in OPENS[kind][1]}
    for purpose in OPENS[kind][1]:
        assert tokens.read(here.keyring, purpose, links[PAGES[purpose]]) == REF
    publication = here.publication
    own = publication.sender.address if variant == "full" else publication.discreet.address
    assert found["From"].addresses[0].addr_spec == own
    assert ANNA not in text.get_content()


def desk_of(here: Installation, publication: Publication) -> Desk:
    def none(id: int, edition: str, languages: str, variant: Variant) -> Letter:
        raise DigestGone

    return Desk(publication, here.keyring, none)


def test_a_link_to_confirm_opens_nothing_else(here: Installation, postbox: Postbox) -> None:
    owe(here, NoteKind.CONFIRM)
    deliver(here)
    text = email.message_from_bytes(postbox.body(ANNA), policy=email.policy.default).get_body(("plain",))
    assert text is not None
    ((_, token),) = set(TOKEN.findall(text.get_content()))
    for purpose in Purpose:
        if purpose is not Purpose.CONFIRM:
            with pytest.raises(tokens.ForeignToken):
                tokens.read(here.keyring, purpose, token)


def test_a_note_comes_from_its_edition_and_in_the_publication_s_language_if_its_own_is_gone(here: Installation) -> None:
    publication = here.publication
    sender = publication.sender.model_copy(update={"address": "english@week.example.org"})
    edition = publication.edition("en").model_copy(update={"sender": sender})
    publication = publication.model_copy(update={"editions": (edition,)})
    facts = {"edition": "en", "languages": "en", "variant": "full"}
    desk = desk_of(here, publication)
    letter = WRITERS[NoteKind.MOVED](desk, facts, publication.languages[0])
    assert letter.sender == "english@week.example.org"
    gone = WRITERS[NoteKind.MOVED](desk, facts | {"edition": "be-ru"}, publication.languages[0])
    assert gone.sender == publication.sender.address


def test_every_kind_of_note_has_a_writer() -> None:
    assert WRITERS.keys() == {"notice", *NoteKind}
    assert OPENS.keys() == set(NoteKind)
