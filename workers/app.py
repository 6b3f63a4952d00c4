"""The Celery application: its settings and its timetable.

A message is only a bell, so nothing of Celery's own memory is used: no results, no retries, no ETA.  Whatever is lost
with the broker is rung again by the beat, which has the database looked into every minute.
"""

from typing import Any

from celery import Celery
from celery.signals import setup_logging

from newsletter.log import configure_logging
from newsletter.settings import load_settings


def _settings() -> dict[str, Any]:
    settings = load_settings()
    return {
        "broker_url": settings.broker,
        "broker_connection_retry_on_startup": True,
        # A slice ends long before this; a message that comes back all the same finds its seat taken or nothing due.
        "broker_transport_options": {
            "visibility_timeout": 3600,
            "socket_connect_timeout": 5,
            "socket_timeout": 30,
            "max_retries": 0,  # who rings does not wait for a broker that is away
        },
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "worker_prefetch_multiplier": 1,
        # Threads, not forks: a slice waits for the network, hears of a shutdown, and dies with its one process.
        "worker_pool": "threads",
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "timezone": "UTC",
        "task_default_queue": "newsletter",
        "task_routes": {
            "workers.delivery.deliver": {"queue": "delivery"},
            "workers.notes.deliver_notes": {"queue": "notes"},
            "workers.inbound.work_off": {"queue": "inbound"},
            "workers.inbound.judge_ended": {"queue": "inbound"},
        },
        "beat_schedule": {
            # Bells do not pile up while nobody works; but an hour, for the clocks of two hosts may differ by minutes.
            name: {"task": task, "schedule": settings.beat_seconds, "options": {"expires": 3600}}
            for name, task in (("weekly", "workers.weekly.close_due_weeks"), ("upkeep", "workers.upkeep.ring"))
        },
        "beat_scheduler": "workers.timetable:Timetable",
        "beat_schedule_filename": str(settings.data_dir / "beat-schedule"),
    }


app = Celery(
    "newsletter",
    include=[f"workers.{name}" for name in ("weekly", "delivery", "notes", "readers", "inbound", "upkeep")],
)
app.config_from_object(_settings())


@setup_logging.connect
def _log(**_: object) -> None:
    configure_logging(load_settings().log_level)
