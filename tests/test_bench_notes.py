"""The bench of notes runs; its figures are looked at on a quiet machine."""

from tests.benches import bench


def test_notes_are_measured_beside_a_digest_that_is_going_out() -> None:
    printed = bench("bench.notes --readers 300 --rounds 1 --a-second 50")
    assert "300 deliveries, 64 connections, SQLite" in printed
    assert "p99" in printed
