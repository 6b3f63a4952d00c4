"""The bench of a storm of bounces runs; its figures are looked at on a quiet machine."""

from tests.benches import bench


def test_people_who_write_are_measured_beside_a_storm() -> None:
    printed = bench("bench.storm --bounces 200 --a-second 40")
    assert "200 bounces, SQLite" in printed
    assert "beside the storm" in printed
