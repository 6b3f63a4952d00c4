"""A run that stands still in its middle: every connection waits for the answer to a message it has written."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.servers.postbox import Postbox
from tests.verbs.conftest import Installation


@contextmanager
def standing_still(
    here: Installation,
    postbox: Postbox,
    *,
    after: int = 8,
    connections: int | None = None,
    run: Callable[[], object] | None = None,
) -> Iterator[None]:
    """Deliver until more than `after` messages are taken and all connections wait; go on, and end, on leaving.

    `connections`: how many are to wait, if not all; `run` is what delivers, if it is not to be slice after slice.
    """
    failed: list[BaseException] = []

    def deliver() -> None:
        try:
            (run or here.deliver)()
        except BaseException as error:
            failed.append(error)

    postbox.hold(after=after)
    sending = threading.Thread(target=deliver)
    sending.start()
    try:
        postbox.wait("held", connections or here.settings.smtp_connections)
        yield
    finally:
        postbox.release()
        sending.join()
    assert failed == []
