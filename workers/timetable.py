"""When the beat rings, also where the wall clock is set back."""

from datetime import timedelta
from typing import Any

from celery.beat import PersistentScheduler

LONG_AGO = timedelta(days=1)


class Timetable(PersistentScheduler):
    """Celery's scheduler waits until the clock has passed the last ring; a clock set back would silence it for days."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Ring what is due; return the seconds until the next look."""
        entries = self.schedule.values()
        if any(entry.last_run_at and entry.last_run_at > entry.default_now() for entry in entries):
            for entry in entries:
                entry.last_run_at = entry.default_now() - LONG_AGO
            self._heap = None  # it holds hours of the old clock
        return float(super().tick(*args, **kwargs))
