"""An operator sends by hand and watches: what the command says, and what its exit code tells a program."""

from collections.abc import Callable

from newsletter.outcomes import State
from tests.journeys.site import Site
from tests.servers.postbox import Postbox


def prepared(site: Callable[..., Site]) -> tuple[Site, list[str]]:
    here = site()
    here.run("load", "seeds")
    readers = here.import_readers(20)
    here.hire()
    return here, readers


def test_a_send_that_is_waited_for_ends_with_0_when_everybody_has_it(
    site: Callable[..., Site], postbox: Postbox
) -> None:
    here, readers = prepared(site)
    said = here.run("digest", "send", "2019-W41", "--wait")
    assert "planned for 20 readers" in said.stdout
    assert "delivering 2019-W41: 20 of 20" in said.stderr
    again = here.run("digest", "send", "2019-W41", "--wait")
    assert "planned already" in again.stdout
    assert {to: len(ids) for to, ids in postbox.taken.items()} == dict.fromkeys(readers, 1)


def test_a_send_that_is_waited_for_ends_with_3_when_some_are_put_off(
    site: Callable[..., Site], postbox: Postbox
) -> None:
    here, readers = prepared(site)
    postbox.answers[readers[7]] = "451 4.7.1 greylisted"
    said = here.run("digest", "send", "2019-W41", "--wait", code=3)
    assert "1 were put off" in said.stderr
    assert here.tally()[1].states[State.DEFERRED] == 1
    assert len(postbox.taken) == 19


def test_a_send_that_is_waited_for_ends_with_1_when_the_server_refuses_us(
    site: Callable[..., Site], postbox: Postbox
) -> None:
    here, readers = prepared(site)
    postbox.at_mail["*"] = "550 5.7.1 not from you"
    said = here.run("digest", "send", "2019-W41", "--wait", code=1)
    assert "not from you" in said.stderr
    assert "server-out" in here.run("notices").stdout
    del postbox.at_mail["*"]
    assert "goes on" in here.run("digest", "send", "2019-W41", "--wait").stdout
    assert set(postbox.taken) - {here.here.publication.operator_email} == set(readers)
