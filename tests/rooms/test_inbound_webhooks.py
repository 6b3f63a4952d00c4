"""The contract that every provider's part keeps: who is believed, what is brought, and that nothing is a fault."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.errors import Faults
from newsletter.inbound.mail import Mail
from newsletter.inbound.webhooks import (
    OLDEST,
    NotBelieved,
    Posted,
    ProviderAway,
    Unreadable,
    What,
    check_secrets,
    read_event,
    secret_of,
)
from newsletter.settings import Settings
from newsletter.store.received import KEPT
from tests.rooms.inbound import KEYRING, PUBLICATION
from tests.servers.amazon import Amazon
from tests.servers.providers import AmazonPosts, MailgunPosts, Posting, PostmarkPosts, SendGridPosts

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NAMES = ["ses", "postmark", "sendgrid", "mailgun"]
ODD = [b"", b"{", b"null", b"[]", b"{}", b"[1]", b'"a"', b"\x00", b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b"NaN"]


@pytest.fixture(scope="module")
def amazon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amazon]:
    with Amazon(tmp_path_factory.mktemp("amazon")) as running:
        yield running


@pytest.fixture(scope="module", params=NAMES)
def provider(request: pytest.FixtureRequest, amazon: Amazon) -> Posting:
    made: dict[str, Posting] = {
        "ses": AmazonPosts(amazon),
        "postmark": PostmarkPosts(),
        "sendgrid": SendGridPosts(),
        "mailgun": MailgunPosts(),
    }
    return made[request.param]


def request_of(headers: dict[str, str], body: bytes, now: datetime = NOW) -> Posted:
    return Posted({name.lower(): value for name, value in headers.items()}, body, now)


def test_what_a_provider_signed_is_brought_as_it_was(provider: Posting) -> None:
    for event, what in ((provider.bounce, What.BOUNCED), (provider.complaint, What.COMPLAINED)):
        (report,) = provider.provider.events(provider.posted(event, NOW), provider.secret)
        assert report.source == provider.source
        assert report.event.keys() >= event.keys()
        assert json.loads(report.content) == report.event
        assert provider.provider.told(report.event).what is what


def test_what_means_nothing_says_so(provider: Posting) -> None:
    (report,) = provider.provider.events(provider.posted(provider.delivered, NOW), provider.secret)
    assert provider.provider.told(report.event).what is What.NOTHING


def test_a_forged_request_is_not_believed(provider: Posting) -> None:
    forged = provider.forge(*provider.post(provider.bounce, NOW))
    assert len(forged) > 5
    for headers, body in forged:
        with pytest.raises(NotBelieved):
            provider.provider.events(request_of(headers, body), provider.secret)


def test_another_secret_believes_nothing(provider: Posting) -> None:
    others = {
        "ses": "arn:aws:sns:eu-west-1:123456789012:other",
        "postmark": "postmark:another-password",
        "sendgrid": SendGridPosts().secret,
        "mailgun": "f" * 32,
    }
    with pytest.raises(NotBelieved):
        provider.provider.events(provider.posted(provider.bounce, NOW), others[provider.source])


@pytest.mark.parametrize("age", [timedelta(0), OLDEST, -timedelta(minutes=59)])
def test_a_provider_may_try_for_days(provider: Posting, age: timedelta) -> None:
    # A second aside: SNS and Postmark write parts of one.
    now = NOW + age + timedelta(seconds=-1 if age else 1)
    assert provider.provider.events(provider.posted(provider.bounce, NOW, now=now), provider.secret)


@pytest.mark.parametrize("age", [OLDEST + timedelta(seconds=2), -timedelta(hours=1, seconds=2), timedelta(days=9000)])
def test_what_was_signed_long_ago_or_is_to_come_is_not_believed(provider: Posting, age: timedelta) -> None:
    with pytest.raises(NotBelieved, match=r"too old|not Amazon's"):
        provider.provider.events(provider.posted(provider.bounce, NOW, now=NOW + age), provider.secret)


def test_what_came_in_is_remembered_longer_than_it_can_be_posted_again() -> None:
    assert OLDEST + timedelta(hours=1) < KEPT


def test_the_same_event_has_the_same_name_and_another_has_another(provider: Posting) -> None:
    def same_as(id: str, at: datetime) -> bytes:
        (report,) = provider.provider.events(provider.posted(provider.bounce, at, now=NOW, id=id), provider.secret)
        return report.same_as

    assert same_as("1", NOW) == same_as("1", NOW - timedelta(hours=3)) != same_as("2", NOW)


def test_providers_do_not_share_names(amazon: Amazon) -> None:
    posting = [AmazonPosts(amazon), PostmarkPosts(), SendGridPosts(), MailgunPosts()]
    reports = [one.provider.events(one.posted(one.bounce, NOW), one.secret)[0] for one in posting]
    assert len({report.same_as for report in reports}) == len(NAMES)


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_an_odd_body_is_refused_and_no_fault(provider: Posting, body: bytes) -> None:
    headers, _ = provider.post(provider.bounce, NOW)
    if isinstance(provider, SendGridPosts):
        headers, _ = provider.sign(body, NOW)
    try:
        assert not provider.provider.events(request_of(headers, body), provider.secret)
    except (NotBelieved, Unreadable):
        return
    assert isinstance(provider, SendGridPosts)  # an empty list, or a list of nothing, is what it says


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_no_body_makes_it_fall_over(provider: Posting, body: bytes) -> None:
    headers, good = provider.post(provider.bounce, NOW)
    for octets in (body, good + body, body + good, good[: len(body)], good.replace(good[50:60], body)):
        if isinstance(provider, SendGridPosts):
            headers, _ = provider.sign(octets, NOW)
        try:
            reports = provider.provider.events(request_of(headers, octets), provider.secret)
        except (NotBelieved, Unreadable, ProviderAway):
            continue
        for report in reports:
            assert len(report.same_as) == 32
            provider.provider.told(report.event)


@pytest.mark.parametrize("depth", [30, 100, 300, 480, 900, 960, 2000])
def test_what_is_nested_deep_is_written_down_again_or_refused(provider: Posting, depth: int) -> None:
    event, deep = {**provider.bounce, "more": "DEEP"}, '{"a":[' * (depth // 2) + "]}" * (depth // 2)
    headers, good = provider.post(event, NOW)
    body = good.replace(b'"DEEP"', deep.encode())
    if isinstance(provider, AmazonPosts):
        headers, body = provider.envelope(NOW, MessageId="m", Message=json.dumps(event).replace('"DEEP"', deep))
    if isinstance(provider, SendGridPosts):
        headers, _ = provider.sign(body, NOW)
    try:
        reports = provider.provider.events(request_of(headers, body), provider.secret)
    except (NotBelieved, Unreadable):
        assert depth > 30
        return
    assert depth == 30
    assert [json.loads(report.content) for report in reports]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_event_with_anything_anywhere_is_read_without_a_fault(provider: Posting, data: st.DataObject) -> None:
    event = json.loads(json.dumps(data.draw(st.sampled_from([provider.bounce, provider.complaint]))))
    inside = event
    while True:
        name = data.draw(st.sampled_from(sorted(inside)))
        if not isinstance(inside[name], dict) or not inside[name] or data.draw(st.booleans()):
            break
        inside = inside[name]
    inside[name] = data.draw(ANYTHING)
    found = read_event(Mail(provider.source, "", "", json.dumps(event).encode()), PUBLICATION, KEYRING)
    text = getattr(found, "text", "")
    assert "@" not in text
    assert text.isprintable()  # no NUL, which no database of ours takes; no half of a character


@pytest.mark.parametrize("content", ODD, ids=range(len(ODD)))
def test_what_was_kept_and_is_no_event_is_no_fault(provider: Posting, content: bytes) -> None:
    read_event(Mail(provider.source, "", "", content), PUBLICATION, KEYRING)


WRONG = {
    "webhook_ses": ["a-topic", "arn:aws:sqs:eu-west-1:123456789012:n", "arn:aws:sns:eu-west-1:123456789012:n x", " "],
    "webhook_postmark": ["postmark", "postmark:short", ":correct-horse-battery", "user:correct horse battery"],
    "webhook_sendgrid": [
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" + "A" * 86 + "==",
        "no-key",
        "MCowBQYDK2VwAyEA" + "A" * 43 + "=",
    ],
    "webhook_mailgun": ["short", "0123456789 abcdef", "ключключключключ"],
}


@pytest.mark.parametrize(("name", "secret"), [(name, secret) for name, wrong in WRONG.items() for secret in wrong])
def test_a_secret_that_is_none_is_said_at_the_start_and_not_quoted(name: str, secret: str) -> None:
    with pytest.raises(Faults, match=f"^NEWSLETTER_{name.upper()}: wants ") as raised:
        check_secrets(Settings.model_validate({name: secret}))
    assert secret not in str(raised.value) or not secret.strip()


def test_secrets_that_are_some_are_taken(provider: Posting, tmp_path: Path) -> None:
    given = Settings.model_validate({f"webhook_{provider.source}": provider.secret})
    check_secrets(given)
    assert secret_of(given, provider.source) == provider.secret
    assert secret_of(Settings(), provider.source) is None
    assert provider.secret not in repr(given)
