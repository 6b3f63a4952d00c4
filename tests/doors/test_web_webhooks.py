"""Providers' reports at the door: kept once, sealed, and only if the provider sent them; else nothing is kept."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter import messageids, receiving
from newsletter.inbound import Mail, Source, unpack
from newsletter.inbound.webhooks import LARGEST, OLDEST, PROVIDERS
from newsletter.store.database import DatabaseAway
from newsletter.store.received import ReceivedRow, ReceivedState
from newsletter.store.subscribers import SubscriberRow
from newsletter.web import webhooks
from tests.servers.amazon import HOST, Amazon
from tests.servers.pages import NOW, Answer, Pages, add_reader, runtime_at
from tests.servers.provider_samples import ADDRESS, with_ours
from tests.servers.providers import AmazonPosts, MailgunPosts, Posting, PostmarkPosts, SendGridPosts, basic

NAMES = ["ses", "postmark", "sendgrid", "mailgun"]


@pytest.fixture(scope="module")
def amazon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amazon]:
    with Amazon(tmp_path_factory.mktemp("amazon")) as running:
        yield running


@pytest.fixture(scope="module")
def posting(amazon: Amazon) -> dict[str, Posting]:
    made = [AmazonPosts(amazon), PostmarkPosts(), SendGridPosts(), MailgunPosts()]
    return {str(one.source): one for one in made}


@pytest.fixture(params=NAMES)
def provider(request: pytest.FixtureRequest, posting: dict[str, Posting]) -> Posting:
    return posting[request.param]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """How often the bell was rung."""
    rings: list[bool] = []
    monkeypatch.setattr(webhooks, "ring_for_received", lambda: rings.append(True))
    return rings


@pytest.fixture
def pages(
    database_url: str,
    tmp_path: Path,
    posting: dict[str, Posting],
    rung: list[bool],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Pages]:
    """Pages to which all four report."""
    secrets: dict[str, Any] = {f"webhook_{name}": one.secret for name, one in posting.items()}
    monkeypatch.setitem(PROVIDERS, posting["ses"].source, posting["ses"].provider)
    monkeypatch.setattr(webhooks, "_quiet_until", {})
    with Pages(runtime_at(database_url, tmp_path, **secrets)) as running:
        yield running


def post(pages: Pages, provider: Posting, headers: dict[str, str], body: bytes) -> Answer:
    return pages.ask(f"/webhooks/{provider.source}", method="POST", headers=headers, form=body)


def report(pages: Pages, provider: Posting, event: dict[str, Any], **given: Any) -> Answer:
    return post(pages, provider, *provider.post(event, NOW, **given))


def rows(pages: Pages) -> list[ReceivedRow]:
    with pages.runtime.database.reading() as session:
        return session.query(ReceivedRow).order_by(ReceivedRow.id).all()


def kept(pages: Pages) -> list[Mail]:
    keyring = pages.runtime.keyring
    return [unpack(Source(row.source), keyring.open_octets(row.sealed or b"", bound_to=row.ref)) for row in rows(pages)]


def test_a_report_is_kept_sealed_and_somebody_is_rung_for(pages: Pages, provider: Posting, rung: list[bool]) -> None:
    answer = report(pages, provider, provider.bounce)
    assert (answer.status, answer.text) == (200, "OK\n")
    assert answer.headers["cache-control"] == "no-store"
    ((row,), (mail,)) = rows(pages), kept(pages)
    assert (row.source, row.lane, row.state, row.at) == (provider.source, 1, ReceivedState.WAITING, NOW)
    assert (mail.recipient, mail.sender) == ("", "")
    assert b"anna@mail.example" in mail.content
    assert row.sealed is not None
    assert b"anna" not in row.sealed
    assert len(rung) == 1


def test_the_same_event_posted_again_is_kept_once(pages: Pages, provider: Posting, rung: list[bool]) -> None:
    for _ in range(3):
        assert report(pages, provider, provider.bounce).status == 200
    assert (len(rows(pages)), len(rung)) == (1, 1)
    assert report(pages, provider, provider.bounce, id="2").status == 200
    assert (len(rows(pages)), len(rung)) == (2, 2)


def test_a_signature_of_mailguns_is_good_for_one_event(pages: Pages, posting: dict[str, Posting]) -> None:
    mailgun = posting["mailgun"]
    assert report(pages, mailgun, mailgun.bounce).status == 200
    assert report(pages, mailgun, mailgun.complaint).status == 200  # under the same token
    assert len(rows(pages)) == 1


def test_what_means_nothing_is_taken_and_not_kept(pages: Pages, provider: Posting, rung: list[bool]) -> None:
    assert report(pages, provider, provider.delivered).status == 200
    assert (rows(pages), rung) == ([], [])


def test_nothing_of_a_forged_request_is_kept(pages: Pages, provider: Posting, rung: list[bool]) -> None:
    headers, body = provider.post(provider.bounce, NOW)
    for forged in provider.forge(headers, body):
        assert post(pages, provider, *forged).status == 403
    for octets in (b"", b"{", b"null", b"[]", b"\x00" * 100, b"[" * 100_000):
        bare = {"Content-Type": provider.content_type}
        assert post(pages, provider, bare, octets).status in (400, 403)
    assert (rows(pages), rung) == ([], [])


def test_an_old_request_is_not_kept(pages: Pages, provider: Posting) -> None:
    for age in (OLDEST + timedelta(minutes=1), -timedelta(hours=2)):
        assert post(pages, provider, *provider.post(provider.bounce, NOW - age)).status == 403
    assert rows(pages) == []
    assert post(pages, provider, *provider.post(provider.bounce, NOW - timedelta(days=1))).status == 200


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "\xff"])
def test_another_type_of_content_is_not_taken(pages: Pages, provider: Posting, kind: str) -> None:
    headers, body = provider.post(provider.bounce, NOW)
    assert post(pages, provider, {**headers, "Content-Type": kind}, body).status == 415
    assert rows(pages) == []


def test_more_than_a_megabyte_is_not_taken_and_nearly_one_is(pages: Pages, provider: Posting) -> None:
    large = {**provider.bounce, "more": "x" * (LARGEST - 10_000)}
    assert report(pages, provider, large).status == 200
    headers, body = provider.post(provider.bounce, NOW)
    assert post(pages, provider, headers, body + b" " * LARGEST).status == 413
    assert len(rows(pages)) == 1


def test_other_pages_take_no_more_than_before(pages: Pages) -> None:
    answer = pages.ask(
        "/be/subscribe", method="POST", form={"a": "x" * 70_000}, headers={"Origin": "http://pages.test"}
    )
    assert answer.status == 413


def test_nuls_and_halves_of_characters_are_kept(pages: Pages, provider: Posting) -> None:
    assert report(pages, provider, {**provider.bounce, "Subject\x00": "\x00\udc80\uffff"}).status == 200
    assert len(rows(pages)) == 1


def test_broken_json_with_a_good_signature_is_no_fault(pages: Pages, posting: dict[str, Posting]) -> None:
    sendgrid, postmark = posting["sendgrid"], posting["postmark"]
    assert isinstance(sendgrid, SendGridPosts)
    for body in (b"", b"{", b"null", b"\xff", b"[" * 5000, b"9" * 5000):
        assert post(pages, sendgrid, *sendgrid.sign(body, NOW)).status == 400
        headers = {"Content-Type": "application/json", "Authorization": basic(postmark.secret)}
        assert post(pages, postmark, headers, body).status == 400
    assert post(pages, sendgrid, *sendgrid.sign(b'[1, "a", null, {}]', NOW)).status == 200
    assert rows(pages) == []


def test_many_events_come_at_once_and_each_is_kept_once(pages: Pages, posting: dict[str, Posting]) -> None:
    sendgrid = posting["sendgrid"]
    assert isinstance(sendgrid, SendGridPosts)
    events = [{**sendgrid.bounce, "sg_event_id": f"e{number % 200}"} for number in range(300)]
    events += [sendgrid.delivered] * 100
    assert post(pages, sendgrid, *sendgrid.sign(json.dumps(events).encode(), NOW)).status == 200
    assert len(rows(pages)) == 200


@pytest.mark.parametrize("name", [*NAMES, "mandrill", "SES", "ses%00"])
def test_without_a_secret_there_is_no_such_page(database_url: str, tmp_path: Path, name: str) -> None:
    with Pages(runtime_at(database_url, tmp_path)) as bare:
        for method in ("GET", "HEAD", "POST", "PUT"):
            headers = {"Content-Type": "application/json"}
            answer = bare.ask(f"/webhooks/{name}", method=method, form=b"{}", headers=headers)
            unknown = bare.ask("/webhooks/nobody", method=method, form=b"{}", headers=headers)
            assert (answer.status, answer.text) == (unknown.status, unknown.text)
            assert answer.headers.keys() == unknown.headers.keys()
            assert answer.status == (405 if method == "PUT" else 404)


def test_nothing_but_a_post_is_answered(pages: Pages, provider: Posting) -> None:
    headers, body = provider.post(provider.bounce, NOW)
    methods = ("GET", "HEAD", "PUT", "DELETE")
    where = f"/webhooks/{provider.source}"
    assert {pages.ask(where, method=one, headers=headers, form=body).status for one in methods} == {404, 405}
    assert rows(pages) == []


def test_the_neutral_host_has_no_such_page(pages: Pages, provider: Posting) -> None:
    headers, body = provider.post(provider.bounce, NOW)
    answer = post(pages, provider, {**headers, "Host": "letter.test"}, body)
    unknown = pages.ask("/webhooks/nobody", method="POST", headers={"Host": "letter.test"}, form=b"")
    assert (answer.status, answer.text) == (404, unknown.text)
    assert rows(pages) == []


def test_no_origin_is_asked_for(pages: Pages, provider: Posting) -> None:
    headers, body = provider.post(provider.bounce, NOW)
    assert post(pages, provider, {**headers, "Origin": "https://evil.example"}, body).status == 200


def test_while_the_database_is_away_the_provider_is_to_try_again(
    pages: Pages, provider: Posting, rung: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise DatabaseAway("the database does not answer")

    monkeypatch.setattr(pages.runtime.database, "transaction", away)
    answer = report(pages, provider, provider.bounce)
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert rung == []
    monkeypatch.undo()
    monkeypatch.setattr(webhooks, "ring_for_received", lambda: rung.append(True))
    monkeypatch.setitem(PROVIDERS, provider.source, provider.provider)
    assert report(pages, provider, provider.bounce).status == 200
    assert len(rows(pages)) == 1


def test_while_amazon_is_away_it_is_to_try_again(pages: Pages, amazon: Amazon, posting: dict[str, Posting]) -> None:
    fresh = AmazonPosts(amazon)
    PROVIDERS[fresh.source] = fresh.provider  # put back by the fixture
    good, amazon.answers = amazon.answers, lambda target: (500, b"")
    assert report(pages, fresh, fresh.bounce).status == 503
    amazon.answers = good
    assert report(pages, fresh, fresh.bounce).status == 200
    assert len(rows(pages)) == 1


def test_a_subscription_is_confirmed(pages: Pages, amazon: Amazon, posting: dict[str, Posting]) -> None:
    ses = posting["ses"]
    assert isinstance(ses, AmazonPosts)
    target = f"/?Action=ConfirmSubscription&TopicArn={ses.secret}&Token=2336412f37fb"
    assert post(pages, ses, *ses.confirmation(NOW, f"https://{HOST}{target}")).status == 200
    assert amazon.asked[-1] == (HOST, target)
    assert rows(pages) == []


def test_refusals_are_logged_now_and_then_and_say_nothing_of_anybody(
    pages: Pages, provider: Posting, caplog: pytest.LogCaptureFixture
) -> None:
    headers, body = provider.post(provider.bounce, NOW)
    for forged in provider.forge(headers, body):
        post(pages, provider, *forged)
    mine = [record.getMessage() for record in caplog.records if record.name == "newsletter.web.webhooks"]
    assert len(mine) == 1
    assert mine[0].startswith(f"/webhooks/{provider.source}: a request was refused: ")
    assert "anna" not in caplog.text
    assert provider.secret not in caplog.text


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(body=st.binary(max_size=300), at=st.integers(0, 2000))
def test_whatever_is_posted_is_answered_and_not_kept(pages: Pages, provider: Posting, body: bytes, at: int) -> None:
    headers, good = provider.post(provider.delivered, NOW)
    for octets in (body, good[:at] + body + good[at + 1 :]):
        assert post(pages, provider, headers, octets).status in (200, 400, 403, 503)
    assert post(pages, provider, {"Content-Type": provider.content_type}, body).status in (400, 403)
    assert rows(pages) == []


@pytest.mark.parametrize("by", ["Message-ID", "address"])
def test_who_complains_to_a_provider_is_off_the_list(pages: Pages, provider: Posting, by: str) -> None:
    here = pages.runtime
    ref = add_reader(here, ADDRESS)
    other = add_reader(here, "piotr@mail.example")
    message_id = messageids.message_id(here.keyring, 41, ref) if by == "Message-ID" else ""
    event = with_ours(provider.complaint, message_id=message_id)
    assert report(pages, provider, event).status == 200
    receiving.work_off(here)
    with here.database.reading() as session:
        left = {row.ref for row in session.query(SubscriberRow)}
        done = session.query(ReceivedRow).one()
    assert other in left
    assert done.state is ReceivedState.DONE, done.what
    if by == "Message-ID":  # an address alone names somebody only if mail was sent there lately
        assert left == {other}
        assert done.what == "complaint"
