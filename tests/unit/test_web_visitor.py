"""Which network a request comes from: nobody but our own proxies is believed, and garbage is no fault."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.settings import networks
from newsletter.web.guards.visitor import UNKNOWN, network_of

PROXIES = networks("10.0.0.0/8 127.0.0.1 2001:db8:ffff::/48")


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("::1", "::/56"),
        ("testclient", UNKNOWN),
        ("", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_a_visitor_is_known_by_network_alone(peer: str | None, network: str) -> None:
    assert network_of(peer, [], PROXIES) == network
    assert network_of(peer, ["198.51.100.1"], PROXIES) == network, "no proxy of ours"


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("10.1.1.1", ["203.0.113.7"], "203.0.113.0/24"),
        ("::ffff:10.1.1.1", ["::ffff:203.0.113.7"], "203.0.113.0/24"),
        ("2001:db8:ffff::1", ["2001:db8:1::1"], "2001:db8:1::/56"),
        # What stands left of the first stranger is the stranger's own invention.
        ("10.1.1.1", ["198.51.100.1, 203.0.113.7"], "203.0.113.0/24"),
        ("10.1.1.1", ["10.9.9.9, 203.0.113.7"], "203.0.113.0/24"),
        ("10.1.1.1", ["198.51.100.1", "203.0.113.7"], "203.0.113.0/24"),
        # Two proxies of ours, one behind the other.
        ("10.1.1.1", ["198.51.100.1, 203.0.113.7, 127.0.0.1"], "203.0.113.0/24"),
        ("10.1.1.1", ["198.51.100.1, 203.0.113.7", "10.2.2.2,127.0.0.1"], "203.0.113.0/24"),
        # From within.
        ("10.1.1.1", ["10.2.2.2"], "10.2.2.0/24"),
        ("10.1.1.1", [], "10.1.1.0/24"),
        # With a port.
        ("10.1.1.1", ["203.0.113.7:54321"], "203.0.113.0/24"),
        ("10.1.1.1", ["[2001:db8:1::1]:443"], "2001:db8:1::/56"),
        ("10.1.1.1", ["[2001:db8:1::1]"], "2001:db8:1::/56"),
        # What cannot be read counts for who passed it on.
        ("10.1.1.1", ["198.51.100.1, unknown"], "10.1.1.0/24"),
        ("10.1.1.1", [""], "10.1.1.0/24"),
        ("10.1.1.1", ["203.0.113.7,"], "10.1.1.0/24"),
        ("10.1.1.1", ["198.51.100.1, 203.0.113.007"], "10.1.1.0/24"),
        ("10.1.1.1", ["٢٠٣.0.113.7"], "10.1.1.0/24"),
        ("10.1.1.1", ["203.0.113.7, x, 10.2.2.2"], "10.2.2.0/24"),
    ],
)
def test_only_our_proxies_are_believed(peer: str, forwarded: list[str], network: str) -> None:
    assert network_of(peer, forwarded, PROXIES) == network


HOP = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses().map(lambda address: f"[{address}]:443"),
    st.sampled_from(["10.0.0.1", "127.0.0.1", "2001:db8:ffff::1", "", "unknown", "[", "]:", "1.2.3.4:", "::%"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
)
HEADERS = st.lists(st.lists(HOP, max_size=5).map(", ".join), max_size=3)


@given(peer=st.one_of(st.none(), HOP), forwarded=HEADERS)
def test_whatever_a_header_holds_the_answer_is_a_network(peer: str | None, forwarded: list[str]) -> None:
    network = network_of(peer, forwarded, PROXIES)
    assert network == UNKNOWN or ip_network(network).prefixlen in (24, 56)


@given(forged=HEADERS, visitor=st.ip_addresses(v=4).filter(lambda address: str(address)[:3] not in ("10.", "127")))
def test_nothing_that_a_visitor_writes_changes_the_network(forged: list[str], visitor: object) -> None:
    expected = network_of(str(visitor), [], PROXIES)
    assert network_of(str(visitor), forged, PROXIES) == expected
    assert network_of("10.1.1.1", [*forged, str(visitor)], PROXIES) == expected
    assert network_of("10.1.1.1", [", ".join([*forged, f"{visitor}, 127.0.0.1"])], PROXIES) == expected
