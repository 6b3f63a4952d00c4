"""Amazon SNS: certificates come from Amazon's own host alone, once; no subscription is confirmed elsewhere."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from newsletter.inbound.webhooks import NotBelieved, Posted, ProviderAway, Unreadable, sns
from newsletter.inbound.webhooks import fetching as fetching_module
from newsletter.inbound.webhooks.fetching import Fetching
from newsletter.inbound.webhooks.ses import Ses
from tests.servers.amazon import HOST, TARGET, Amazon, Signer
from tests.servers.providers import TOPIC, AmazonPosts

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SUBSCRIBE = f"/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37fb"


@pytest.fixture
def amazon(tmp_path: Path) -> Iterator[Amazon]:
    with Amazon(tmp_path) as running:
        yield running


@pytest.fixture
def posts(amazon: Amazon) -> AmazonPosts:
    return AmazonPosts(amazon)


def taken(posts: AmazonPosts, request: tuple[dict[str, str], bytes], *, topics: str = TOPIC) -> int:
    """Return how many events a request brought."""
    return len(posts.part.events(Posted(request[0], request[1], NOW), topics))


def confirmation(
    posts: AmazonPosts, url: str = f"https://{HOST}{SUBSCRIBE}", *, version: str = "1"
) -> tuple[dict[str, str], bytes]:
    return posts.confirmation(NOW, url, version=version)


def bounce(posts: AmazonPosts, **given: str) -> tuple[dict[str, str], bytes]:
    return posts.envelope(NOW, MessageId="m", Message=json.dumps(posts.bounce), **given)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [{}, {"Subject": "Amazon SES Email Event Notification"}], ids=["bare", "subject"])
def test_both_versions_of_the_signature_are_known(posts: AmazonPosts, version: str, subject: dict[str, str]) -> None:
    request = posts.envelope(NOW, version=version, MessageId="m", Message=json.dumps(posts.bounce), **subject)
    assert taken(posts, request) == 1


def test_a_certificate_is_fetched_once_from_amazons_host(posts: AmazonPosts, amazon: Amazon) -> None:
    for _ in range(3):
        assert taken(posts, bounce(posts)) == 1
    assert amazon.asked == [(HOST, TARGET)]


def test_nobody_is_asked_for_the_certificate_of_another_topic(posts: AmazonPosts, amazon: Amazon) -> None:
    for topic in ("arn:aws:sns:eu-west-1:999999999999:newsletter", "", TOPIC + "2"):
        with pytest.raises(NotBelieved):
            taken(posts, posts.envelope(NOW, MessageId="m", Message="{}", TopicArn=topic))
    assert amazon.asked == []


def test_nobody_but_amazons_host_is_ever_asked(posts: AmazonPosts, amazon: Amazon) -> None:
    for headers, body in posts.forge(*bounce(posts)):
        with pytest.raises(NotBelieved):
            taken(posts, (headers, body))
    assert set(amazon.asked) <= {(HOST, TARGET)}


def test_a_server_whose_name_is_not_proven_is_not_believed(tmp_path: Path) -> None:
    with Amazon(tmp_path, host="sns.eu-west-1.evil.example") as other:
        posts = AmazonPosts(other)
        with pytest.raises(ProviderAway, match="SSLCertVerificationError"):
            taken(posts, bounce(posts))


def test_an_authority_that_the_system_does_not_trust_is_not_believed(posts: AmazonPosts, amazon: Amazon) -> None:
    posts.part = Ses(amazon.fetching(trusted=False))
    with pytest.raises(ProviderAway, match="SSLCertVerificationError"):
        taken(posts, bounce(posts))


def test_several_topics_may_be_set(posts: AmazonPosts) -> None:
    assert taken(posts, bounce(posts), topics=f"arn:aws:sns:us-east-1:123456789012:complaints {TOPIC}") == 1


def test_the_topics_region_says_which_host_is_amazons(posts: AmazonPosts) -> None:
    topic = TOPIC.replace("eu-west-1", "us-east-1")
    with pytest.raises(NotBelieved):
        taken(posts, posts.envelope(NOW, MessageId="m", Message="{}", TopicArn=topic), topics=topic)


@pytest.mark.parametrize(
    ("topic", "host"),
    [
        ("arn:aws:sns:us-gov-west-1:123456789012:n", "sns.us-gov-west-1.amazonaws.com"),
        ("arn:aws-us-gov:sns:us-gov-west-1:123456789012:n", "sns.us-gov-west-1.amazonaws.com"),
        ("arn:aws-cn:sns:cn-north-1:123456789012:n", "sns.cn-north-1.amazonaws.com.cn"),
        ("arn:aws:sns:eu-west-1.evil.example/:123456789012:n", None),
        ("arn:aws:sns:eu-west-1:123456789012:n\n", None),
        ("arn:aws:s3:::n", None),
    ],
)
def test_the_host_follows_from_the_topic(topic: str, host: str | None) -> None:
    assert sns.host_of(topic) == host


def test_a_certificate_that_has_run_out_signs_nothing(posts: AmazonPosts, amazon: Amazon) -> None:
    amazon.signer = Signer(until=NOW - timedelta(days=1))
    with pytest.raises(NotBelieved, match="not Amazon's"):
        taken(posts, bounce(posts))


def test_a_new_certificate_is_another_name(posts: AmazonPosts, amazon: Amazon) -> None:
    assert taken(posts, bounce(posts)) == 1
    amazon.signer = Signer()
    other = TARGET.replace("0123456789abcdef", "fedcba9876543210")
    amazon.answers = lambda target: (200, amazon.signer.pem) if target == other else (404, b"")
    headers, body = bounce(posts)
    assert taken(posts, (headers, body.replace(TARGET.encode(), other.encode()))) == 1


@pytest.mark.parametrize(
    "answer", [(500, b""), (302, b""), (404, b"no such key"), (200, b"x" * 70_000)], ids=["500", "302", "404", "large"]
)
def test_amazon_that_does_not_answer_is_asked_again_when_it_posts_again(
    posts: AmazonPosts, amazon: Amazon, answer: tuple[int, bytes]
) -> None:
    good, amazon.answers = amazon.answers, lambda target: answer
    with pytest.raises(ProviderAway):
        taken(posts, bounce(posts))
    amazon.answers = good
    assert taken(posts, bounce(posts)) == 1


@pytest.mark.parametrize("pem", [b"", b"\x00", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_proves_nothing(posts: AmazonPosts, amazon: Amazon, pem: bytes) -> None:
    amazon.answers = lambda target: (200, pem)
    with pytest.raises(NotBelieved):
        taken(posts, bounce(posts))


def test_amazon_that_cannot_be_reached_or_hangs_is_away(monkeypatch: pytest.MonkeyPatch, amazon: Amazon) -> None:
    monkeypatch.setattr(fetching_module, "TIMEOUT", 0.2)
    with pytest.raises(ProviderAway, match="ConnectionRefusedError"):
        Fetching(at=("127.0.0.1", 1)).get(HOST, TARGET)
    held = Event()

    def hold(target: str) -> tuple[int, bytes]:
        held.wait(20)
        return 200, b""

    amazon.answers = hold
    with pytest.raises(ProviderAway, match="TimeoutError"):
        amazon.fetching().get(HOST, TARGET)
    held.set()


def test_one_certificate_is_fetched_at_a_time(
    posts: AmazonPosts, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sns, "WAIT", 0.05)
    asked, held, good = Event(), Event(), amazon.answers

    def hold(target: str) -> tuple[int, bytes]:
        asked.set()
        held.wait(20)
        return good(target)

    amazon.answers = hold
    found: list[int] = []
    first = Thread(target=lambda: found.append(taken(posts, bounce(posts))))
    first.start()
    assert asked.wait(10)
    with pytest.raises(ProviderAway, match="being fetched"):
        taken(posts, bounce(posts))
    held.set()
    first.join(20)
    assert found == [1]
    assert len(amazon.asked) == 1


def test_only_so_many_certificates_are_remembered(posts: AmazonPosts, amazon: Amazon) -> None:
    amazon.answers = lambda target: (200, amazon.signer.pem)
    headers, body = bounce(posts)
    for number in [*range(sns.KEPT + 1), 0]:
        other = f"/SimpleNotificationService-{number:032x}.pem"
        assert taken(posts, (headers, body.replace(TARGET.encode(), other.encode()))) == 1
    assert len(amazon.asked) == sns.KEPT + 2


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_subscription_is_confirmed_where_amazon_says(posts: AmazonPosts, amazon: Amazon, version: str) -> None:
    assert taken(posts, confirmation(posts, version=version)) == 0
    assert amazon.asked == [(HOST, TARGET), (HOST, SUBSCRIBE)]


@pytest.mark.parametrize(
    "url",
    [
        f"https://evil.example{SUBSCRIBE}",
        f"https://{HOST}.evil.example{SUBSCRIBE}",
        f"https://{HOST}@evil.example{SUBSCRIBE}",
        f"http://{HOST}{SUBSCRIBE}",
        f"https://{HOST}{SUBSCRIBE}\r\nHost: evil.example",
        f"https://{HOST}{SUBSCRIBE} x",
        f"https://{HOST}/elsewhere{SUBSCRIBE}",
        f"https://{HOST}/?Action=Unsubscribe&TopicArn={TOPIC}",
        f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}2&Token=a",
        f"https://{HOST}",
        SUBSCRIBE,
        "",
    ],
)
def test_a_confirmation_that_leads_elsewhere_is_not_followed(posts: AmazonPosts, amazon: Amazon, url: str) -> None:
    with pytest.raises(Unreadable, match="somewhere else"):
        taken(posts, confirmation(posts, url))
    assert amazon.asked == [(HOST, TARGET)]


def test_a_forged_confirmation_is_not_followed(posts: AmazonPosts, amazon: Amazon) -> None:
    headers, body = confirmation(posts)
    for old, new in ((b"ConfirmSubscription&", b"ConfirmSubscription&a=b&"), (b"2336412f37fb", b"3336412f37fb")):
        with pytest.raises(NotBelieved):
            taken(posts, (headers, body.replace(old, new)))
    assert amazon.asked == [(HOST, TARGET)]


def test_a_confirmation_that_amazon_does_not_take_is_tried_again(posts: AmazonPosts, amazon: Amazon) -> None:
    good = amazon.answers
    amazon.answers = lambda target: good(target) if target == TARGET else (503, b"")
    with pytest.raises(ProviderAway):
        taken(posts, confirmation(posts))


def test_a_farewell_and_a_word_that_it_is_set_up_bring_nothing(
    posts: AmazonPosts, amazon: Amazon, caplog: pytest.LogCaptureFixture
) -> None:
    words = "Successfully validated SNS topic for Amazon SES event publishing."
    assert taken(posts, posts.envelope(NOW, MessageId="m", Message=words)) == 0
    farewell = posts.envelope(
        NOW,
        Type="UnsubscribeConfirmation",
        MessageId="m",
        Message="You have chosen to deactivate the subscription.",
        SubscribeURL=f"https://{HOST}{SUBSCRIBE}",
        Token="t",
    )
    assert caplog.messages == []
    assert taken(posts, farewell) == 0
    assert "Amazon reports nothing more" in caplog.text
    assert amazon.asked == [(HOST, TARGET)]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-02T09:00:00", "2026-13-02T09:00:00Z"])
def test_an_envelope_without_a_time_is_not_believed(posts: AmazonPosts, text: str) -> None:
    with pytest.raises(NotBelieved, match="without a time"):
        taken(posts, bounce(posts, Timestamp=text))
