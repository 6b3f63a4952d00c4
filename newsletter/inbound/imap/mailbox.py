"""Mail in from a mailbox: what is ours in a folder is kept, then moved aside; all else stays as it is.

A mail is kept, committed, before it is moved: whatever breaks in between, it is found again, and known to be the same.
"""

import logging
from collections.abc import Callable

from newsletter.clock import monotonic
from newsletter.errors import OperatorError
from newsletter.inbound.doors.envelope import return_path_in
from newsletter.inbound.imap.progress import Progress
from newsletter.inbound.imap.session import Head, Session, open_session
from newsletter.inbound.imap.trouble import Lost, Odd, Unfit
from newsletter.inbound.imap.url import Mailbox
from newsletter.inbound.mail import Mail, Source
from newsletter.inbound.places import Place

POLL_SECONDS = 60.0
"""Between two looks where the server cannot tell of new mail (IDLE)."""

SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 5 * 60.0

AddressedTo = Callable[[bytes], tuple[str, Place] | None]
Keep = Callable[[Mail, Place], object]
"""Keeps a mail for good before it returns.  An `OperatorError` means "not now", whichever mail it is."""

log = logging.getLogger("newsletter.inbound")


class Collector:
    """Looks after one mailbox until it is told to stop."""

    def __init__(
        self,
        mailbox: Mailbox,
        addressed_to: AddressedTo,
        keep: Keep,
        *,
        pause: Callable[[float], object],
        is_stopping: Callable[[], bool],
        now: Callable[[], float] = monotonic,
    ) -> None:
        """`pause` waits so many seconds, or until we are told to stop."""
        self._mailbox = mailbox
        self._addressed_to = addressed_to
        self._keep = keep
        self._pause = pause
        self._is_stopping = is_stopping
        self._now = now
        self._progress = Progress()
        self._has_been_in = False
        self._next_pause = SHORTEST_PAUSE

    def run(self) -> None:
        """Take what comes until `is_stopping`.

        Raises
        Unfit: the first connection shows that it cannot work.  Later that is logged, and tried again now and then.
        """
        while not self._is_stopping():
            try:
                with open_session(self._mailbox) as session:
                    self._has_been_in = True
                    self._stay(session)
            except Unfit as error:
                if not self._has_been_in:
                    raise
                self._next_pause = LONGEST_PAUSE  # servers lock out who tries a wrong password too often
                self._wait_after(error)
            except OperatorError as error:  # the mailbox is away, or the place where mail is kept
                self._wait_after(error)

    def _stay(self, session: Session) -> None:
        log.debug("connected to %s", self._mailbox.where)
        while True:
            self._look_through(session)
            if self._is_stopping():
                return
            if session.can_idle:
                session.idle(self._is_stopping)
            else:
                self._pause(POLL_SECONDS)
                session.stay()
            self._next_pause = SHORTEST_PAUSE  # not before: a connection may be cut as soon as it waits

    def _wait_after(self, error: OperatorError) -> None:
        log.warning("mail stays in the mailbox for now: %s; trying again in %.0f s", error, self._next_pause)
        self._pause(self._next_pause)
        self._next_pause = min(2 * self._next_pause, LONGEST_PAUSE)

    def _look_through(self, session: Session) -> None:
        self._progress.enter(session.epoch, self._now())
        for batch in self._progress.batches(session.uids(self._progress.first)):
            try:
                heads = session.heads(batch)
            except Odd as error:
                self._say_odd(batch, error)
                continue
            for uid in batch:
                if self._is_stopping():
                    return
                self._take(session, uid, heads.get(uid), batch)

    def _take(self, session: Session, uid: int, head: Head | None, batch: list[int]) -> None:
        try:
            if head is not None:
                self._look_at(session, uid, head)
        except Odd as error:
            self._say_odd([uid], error)
        except Lost:
            raise
        except OperatorError:
            self._progress.excuse(batch)
            raise
        except Exception:
            log.exception("mail %d stays in the mailbox; this should not happen", uid)
        else:
            self._progress.end(uid)

    def _look_at(self, session: Session, uid: int, head: Head) -> None:
        found = self._addressed_to(head.headers)
        if found is None:
            return
        recipient, place = found
        # What a server says of a size may be wrong, and is never asked to be much.
        content = session.content(uid, place.most_octets + 1) if head.size <= place.most_octets else b""
        if content is None:
            return
        if max(head.size, len(content)) > place.most_octets:
            log.warning("mail %d stays in the mailbox: too large for %s@", uid, place.command)
            return
        self._keep(Mail(Source.IMAP, recipient, return_path_in(content), content), place)
        session.put_away(uid)
        log.debug("took a mail to %s@", place.command)

    def _say_odd(self, uids: list[int], error: Odd) -> None:
        for uid in uids:
            if self._progress.is_given_up(uid):
                log.warning("mail %d is left alone for some hours: %s", uid, error)
