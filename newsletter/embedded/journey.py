"""What `./run` shows: the service starts, and the sample publication goes out to its sample readers."""

import csv
from pathlib import Path
from typing import Any

from newsletter.embedded.house import EMBEDDED, NEWSLETTER, WEB, House
from newsletter.embedded.premises import Premises
from newsletter.errors import NewsletterError
from newsletter.publication import load_publication

SAMPLE_WEEK = "2019-W41"
PAGE_SECONDS = 30


class StepFailed(NewsletterError):
    """A command of the journey said no; it has said why itself."""

    def __init__(self, words: tuple[str, ...], code: int) -> None:
        super().__init__(f"`newsletter {' '.join(words)}` ended with exit code {code}; see above.")


class Journey:
    """One run, from the first process to the addresses at the end."""

    def __init__(self, premises: Premises, house: House) -> None:
        self._premises = premises
        self._house = house
        self._seeds = premises.settings.publication.absolute().parent
        self._takes_mail = False

    @property
    def _readers(self) -> Path:
        return self._seeds / "readers.csv"

    @property
    def has_sample(self) -> bool:
        """Whether the sample is here to be sent, beside the publication's file, and would not leave this machine."""
        return (
            self._premises.mail_stays_here
            and self._readers.is_file()
            and (self._seeds / "commentaries" / SAMPLE_WEEK).is_dir()
        )

    def open_house(self) -> None:
        """Start everything.  The web pages come first, so that a second start answers at once."""
        settings = self._premises.settings
        for line in (f"Starting the newsletter in {settings.data_dir} …", *self._premises.moved):
            print(line, flush=True)
        if not _is_set_up(settings.database):
            self._do("db", "upgrade", quietly=True)
        if not settings.keys.exists():
            self._make_key()
        self._house.start("web", *WEB, sockets=("web",))
        # Not before it answers: on a small machine the others would take the processor from it.
        self._house.wait_for_page("/healthz", PAGE_SECONDS)
        if self._premises.starts_postbox:
            self._house.start("postbox", *EMBEDDED, "postbox", sockets=("smtp", "inbox"))
        if self._premises.starts_valkey:
            self._house.start_valkey()
        self._house.start("worker", *NEWSLETTER, "worker")
        self._house.start("beat", *NEWSLETTER, "beat")

    def open_for_mail(self) -> None:
        """Start the server for mail in: last, because nobody waits for it."""
        if "inbound" in self._premises.listening:
            self._house.start("inbound", *NEWSLETTER, "inbound", "--socket", sockets=("inbound",))
        else:
            self._house.start("inbound", *NEWSLETTER, "inbound")
        self._takes_mail = True

    def deliver_sample(self) -> bool:
        """Send the sample's digest to the sample's readers, whatever of that is not done yet; print what happened.

        Returns whether at least the sample's readers were planned and every planned delivery was sent.
        """
        status = self._status()
        if not status.get("planned"):
            self._do("load", str(self._seeds))
            self._do("subscribers", "import", str(self._readers))
        if not _is_sent(status):
            # 3: some are deferred; the table shows how many.
            self._do("digest", "send", SAMPLE_WEEK, "--wait", accept=(0, 3))
            status = self._status()
        print(flush=True)
        self._do("digest", "status", SAMPLE_WEEK)
        with self._readers.open(encoding="utf-8-sig", newline="") as file:
            sample = sum(1 for row in csv.DictReader(file) if row)
        return status.get("planned", 0) >= sample and _is_sent(status)

    def show_addresses(self) -> None:
        """Print where to look."""
        base = self._premises.base_url
        codes = [language.code for language in load_publication(self._premises.settings.publication).languages]
        tongue = "en" if "en" in codes else codes[0]  # the terminal speaks English too
        lines = [("Public page", f"{base}/{tongue}/")]
        if self.has_sample:
            lines.append(("This week", f"{base}/{tongue}/{SAMPLE_WEEK}"))
        if self._premises.starts_postbox:
            lines.append(("Inbox", f"{self._premises.inbox_url}   (every mail sent; none has left this machine)"))
        if self._takes_mail:
            lines.append(("Mail in", f"{self._premises.settings.inbound_url}   (for a mail server to hand mail to us)"))
        print()
        for name, url in lines:
            print(f"  {name:<12} {url}")
        print(flush=True)

    def _status(self) -> dict[str, Any]:
        return self._house.ask("digest", "status", SAMPLE_WEEK) or {}

    def _do(self, *words: str, accept: tuple[int, ...] = (0,), quietly: bool = False) -> None:
        code = self._house.run(*words, quietly=quietly)
        if code not in accept:
            raise StepFailed(words, code)

    def _make_key(self) -> None:
        """Make the key before any child would, so that whoever watches hears of it, once."""
        from newsletter.runtime import Runtime  # half a second that no later start should wait for

        here = Runtime(self._premises.settings)
        _ = here.keyring  # made at first use, or refused: it knows when
        here.database.close()
        print(
            f"\n  The readers' addresses are sealed with the key in\n      {here.settings.keys.absolute()}\n"
            "  Back it up, apart from the database: without it nobody can open the list again.\n",
            flush=True,
        )


def _is_set_up(url: str) -> bool:
    """Whether the pages may start before `db upgrade`: a file that is there is brought up to date at each opening."""
    return url.startswith("sqlite") and Path(url.removeprefix("sqlite:///").partition("?")[0]).exists()


def _is_sent(status: dict[str, Any]) -> bool:
    return bool(status.get("planned")) and status["sent"] == status["planned"]
