"""Mail in from a mailbox: what is ours is kept first and moved then, all else is left alone, nothing is deleted."""

import secrets

import pytest

from newsletter.inbound.imap import session as imap_session
from newsletter.inbound.imap.session import KEYWORD
from newsletter.inbound.imap.trouble import Unfit
from newsletter.inbound.mail import Source
from newsletter.inbound.places import COMMAND_OCTETS, REPORT_OCTETS, Command
from tests.imap.folders import Folder
from tests.imap.server import ImapServer
from tests.rooms.inbound import DOMAIN, JOIN, REF, bounce
from tests.rooms.mailbox import Collecting, letter
from tests.servers.watching import until


def test_what_is_ours_is_kept_with_its_envelope_and_moved() -> None:
    with ImapServer("MOVE", "NAMESPACE") as server:
        server.put(letter())
        ((mail, place),) = Collecting(server).run().kept
        assert (mail.source, mail.recipient, mail.sender) == (Source.IMAP, JOIN, "anna@example.org")
        assert mail.content == letter()
        assert place.command is Command.SUBSCRIBE
        assert (server.inbox.contents, server.handled) == ([], [letter()])


def test_a_report_is_kept_with_the_null_return_path_and_leads_to_its_reader() -> None:
    report = letter(recipient=bounce()).replace(b"anna@example.org", b"", 1)
    with ImapServer("MOVE") as server:
        server.put(report)
        ((mail, place),) = Collecting(server).run().kept
    assert (mail.sender, place.ref) == ("", REF)


@pytest.mark.parametrize(
    "recipient", [f"anna@{DOMAIN}", "news@example.org", f"bounce+00000000@{DOMAIN}", bounce(keys=2), "", "\x00", "@"]
)
def test_what_is_not_ours_is_left_as_it_is_and_looked_at_once(recipient: str) -> None:
    with ImapServer("MOVE") as server:
        server.put(letter(recipient=recipient))
        server.put(letter(2))
        collecting = Collecting(server).run(looks=3)
        assert collecting.subjects == [2]
        assert server.inbox.contents == [letter(recipient=recipient)]
        assert server.inbox.messages[0].flags == set()
        assert len([line for line in server.said("UID FETCH") if "HEADER" in line]) == 1


def test_nothing_is_asked_for_that_deletes_or_marks_as_read() -> None:
    for capabilities in (["MOVE"], []):
        with ImapServer(*capabilities) as server:
            for number, recipient in enumerate((JOIN, "anna@example.org", bounce())):
                server.put(letter(number, recipient))
            Collecting(server).run()
            asked = " ".join(server.commands)
        assert "EXPUNGE" not in asked
        assert "Deleted" not in asked
        assert "DELETE" not in asked.replace("UNDELETED", "")
        assert "CLOSE" not in asked
        assert "BODY[" not in asked
        assert "RFC822 " not in asked


def test_without_move_it_is_copied_and_marked_and_a_later_start_does_not_take_it_again() -> None:
    with ImapServer() as server:
        server.put(letter(1))
        assert Collecting(server).run().subjects == [1]
        assert server.handled == [letter(1)]
        assert [(message.octets, message.flags) for message in server.inbox.messages] == [(letter(1), {KEYWORD})]
        server.put(letter(2))
        assert Collecting(server).run(looks=2).subjects == [2]
        assert server.handled == [letter(1), letter(2)]


def test_what_somebody_marked_as_deleted_is_left_to_them() -> None:
    with ImapServer("MOVE") as server:
        server.put(letter())
        server.inbox.messages[0].flags.add("\\Deleted")
        assert Collecting(server).run().kept == []


def test_it_takes_hundreds_in_order_and_asks_for_their_heads_in_batches() -> None:
    with ImapServer("MOVE") as server:
        for number in range(250):
            server.put(letter(number))
        collecting = Collecting(server).run()
        assert collecting.subjects == list(range(250))
        assert len([line for line in server.said("UID FETCH") if "HEADER" in line]) == 3
        assert server.inbox.contents == []


@pytest.mark.parametrize(
    ("recipient", "most"), [(JOIN, COMMAND_OCTETS), (bounce(), REPORT_OCTETS)], ids=["command", "report"]
)
def test_what_is_too_large_stays_and_one_octet_less_is_taken(
    recipient: str, most: int, caplog: pytest.LogCaptureFixture
) -> None:
    whole = letter(recipient=recipient)
    whole += secrets.token_bytes(most - len(whole))
    with ImapServer("MOVE") as server:
        server.put(whole + b"a")
        server.put(whole + b"a", size=10)  # some servers do not know it better
        server.put(whole)
        collecting = Collecting(server).run(looks=2)
        assert [mail.content for mail, _ in collecting.kept] == [whole]
        assert len(server.inbox.contents) == 2
        assert len(server.said("UID FETCH 1 ")) == 0
    assert caplog.text.count("stays in the mailbox: too large") == 2


@pytest.mark.parametrize("capabilities", [("NAMESPACE", "MOVE"), ("MOVE",)])
def test_folders_are_called_as_the_server_calls_them(capabilities: tuple[str, ...]) -> None:
    prefix = "INBOX." if "NAMESPACE" in capabilities else ""
    with ImapServer(*capabilities, prefix=prefix, delimiter=".") as server:
        server.folders[f"{prefix}mail.in"] = Folder()
        server.folders[f"{prefix}mail.in"].add(letter())
        collecting = Collecting(server, folder="mail/in", handled="weekly/дзякуй").run()
        assert collecting.subjects == [1]
        assert sorted(server.folders) == sorted(["INBOX", f"{prefix}mail.in", f"{prefix}weekly.&BDQENwRPBDoEQwQ5-"])


def test_a_folder_that_somebody_removed_is_made_again() -> None:
    with ImapServer("MOVE") as server:
        server.put(letter(1))
        collecting = Collecting(server)

        def meanwhile() -> None:
            del server.folders["newsletter/handled"]
            server.put(letter(2))

        collecting.at_pause[1] = meanwhile
        assert collecting.run(looks=3).subjects == [1, 2]
        assert server.handled == [letter(2)]


def test_what_cannot_be_moved_is_marked_so_that_it_is_not_taken_again() -> None:
    with ImapServer("MOVE") as server:
        server.put(letter(1))
        server.put(letter(2))
        server.at("UID MOVE 1 ", "NO [OVERQUOTA] full", times=1)
        assert Collecting(server).run().subjects == [1, 2]
        assert server.inbox.messages[0].flags == {KEYWORD}
        assert server.handled == [letter(2)]
        assert Collecting(server).run().kept == []


def test_other_mails_under_the_same_uids_are_looked_at() -> None:
    with ImapServer("MOVE") as server:
        for number in range(5):
            server.put(letter(number, "anna@example.org"))
        collecting = Collecting(server)

        def restored() -> None:
            server.inbox.messages.pop(0)
            server.put(letter(7))
            server.inbox.begin_anew()
            server.cut_all()

        collecting.at_pause[1] = restored
        assert collecting.run(looks=2).subjects == [7]


def test_new_mail_is_taken_as_soon_as_the_server_tells_of_it() -> None:
    with ImapServer("MOVE", "IDLE") as server, Collecting(server) as collecting:
        for number in range(3):
            assert server.idling.wait(20)
            server.idling.clear()
            server.put(letter(number))
            until(lambda: len(server.handled) == number + 1)  # noqa: B023
        assert collecting.pauses == []


def test_mail_that_comes_between_looking_and_waiting_is_not_waited_for() -> None:
    with ImapServer("MOVE", "IDLE") as server:
        server.at("IDLE", lambda: server.put(letter(1)))  # it is told together with "idling", in one packet
        with Collecting(server) as collecting:
            until(lambda: server.handled == [letter(1)], 10)
            assert collecting.pauses == []


def test_waiting_is_begun_anew_long_before_servers_hang_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert imap_session.IDLE_SECONDS < 29 * 60
    monkeypatch.setattr(imap_session, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(imap_session, "SLICE_SECONDS", 0.01)
    with ImapServer("MOVE", "IDLE") as server, Collecting(server) as collecting:
        until(lambda: len(server.said("IDLE")) > 3)
        assert collecting.pauses == []
    assert server.connections == 1


@pytest.mark.parametrize(
    ("capabilities", "given", "why"),
    [
        (["MOVE"], {"read_only": True}, "may only be read"),
        ([], {"keywords": False}, "neither move mails"),
    ],
)
def test_a_folder_in_which_nothing_could_be_remembered_is_refused_at_the_start(
    capabilities: list[str], given: dict[str, bool], why: str
) -> None:
    with ImapServer(*capabilities, **given) as server:  # type: ignore[arg-type]
        server.put(letter())
        collecting = Collecting(server)
        with pytest.raises(Unfit, match=why):
            collecting.run()
        assert collecting.kept == []
        assert server.said("UID ") == []
