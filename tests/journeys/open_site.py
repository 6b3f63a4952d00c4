"""An installation that the public may use: pages, a worker and a beat in processes, and a broker of its own."""

from collections.abc import Callable

from tests.journeys.site import Site
from tests.servers.broker import Broker
from tests.servers.mails import Received
from tests.servers.postbox import Postbox
from tests.servers.reader import Reader
from tests.servers.serving import Serving
from tests.servers.watching import until


class OpenSite:
    """`site` is what the fixture of that name gives."""

    def __init__(self, site: Callable[..., Site], postbox: Postbox, **settings: str) -> None:
        self.postbox = postbox
        self.broker = Broker()
        self.web = Serving()
        self.site = site(
            BROKER_URL=self.broker.url,
            BASE_URL=self.web.url,
            DISCREET_BASE_URL=self.web.url.replace("127.0.0.1", "localhost"),
            FORM_SECONDS="0",
            BEAT_SECONDS="1",
            **settings,
        )
        self.log = self.site.folder / "worker.log"
        self.web.start(self.site.environment, self.site.folder / "web.log")
        self.site.hire("many at once")
        self.site.hire("beat")

    def close(self) -> None:
        """End everybody: nothing is finished, and nothing tidied up."""
        self.web.kill()
        for worker in self.site.workers:
            if worker.alive:
                worker.kill()
        self.site.workers.clear()

    def tend(self) -> None:
        """Start a worker again that has ended, as whatever keeps services running does."""
        for worker in [one for one in self.site.workers if one.has_ended()]:
            self.site.workers.remove(worker)
            self.site.hire("many at once")

    def mail(self, to: str, number: int) -> Received:
        """Wait until somebody has so many mails, and return the last of them."""

        def has_come() -> bool:
            self.tend()
            return len(self.postbox.taken.get(to, ())) >= number

        until(has_come, 60)
        assert len(self.postbox.taken[to]) == number
        return Received(self.postbox.body(to))

    def reader(self, address: str, code: str = "en") -> Reader:
        """Return somebody who has not signed up yet."""
        return Reader(self.mail, self.web.url, address, code)
