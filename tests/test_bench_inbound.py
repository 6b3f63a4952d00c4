"""The bench of mail in runs; its figures are looked at on a quiet machine."""

from tests.benches import bench


def test_bounces_are_read_and_judged_beside_bare_parsing() -> None:
    printed = bench("bench.inbound --messages 200 --rounds 1")
    assert "200 seen as bounces" in printed
    assert "goal" in printed
