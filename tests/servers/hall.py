"""HTTP servers that go on from one test to the next: to start and stop one takes 0.2 s, and hundreds of tests have one.

Each serves one application at a time.  The server is what `newsletter web` runs, with the settings that it gives it.
"""

import asyncio
import atexit
import socket
from collections.abc import Awaitable, Callable
from threading import Condition, Thread
from typing import Any, cast

from fastapi import FastAPI

from newsletter.web import server

PATIENCE = 20.0
"""Seconds in which an application must finish what was asked of it."""


class Hall:
    """A running server on a port of 127.0.0.1."""

    _free: list["Hall"] = []  # noqa: RUF012

    @classmethod
    def taken(cls) -> "Hall":
        """Return one that nobody uses; starts another if need be."""
        return cls._free.pop() if cls._free else cls()

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._socket.getsockname()
        self._app: FastAPI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open = 0
        self._changed = Condition()
        self._server = server(cast(FastAPI, self), host=self.host, port=self.port)
        # The socket listens already: who connects before the loop runs waits in the backlog.
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()
        atexit.register(self._close)

    def open(self, app: FastAPI) -> None:
        """Serve this application."""
        self._app = app

    def leave(self) -> None:
        """Wait until whatever was asked for is done, whoever still listens, and serve the application no more."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._open, PATIENCE), f"{self._open} requests never end"
            self._app = None
        if self._loop is not None:  # it may still write into its log what became of the last one
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop).result(PATIENCE)
        self._free.append(self)

    async def __call__(self, scope: Any, receive: Callable[..., Awaitable[Any]], send: Any) -> None:
        """Pass a request on."""
        with self._changed:
            app = self._app
            assert app is not None, "asked after the end"
            self._loop = asyncio.get_running_loop()
            self._open += 1
        try:
            await app(scope, receive, send)
        finally:
            with self._changed:
                self._open -= 1
                self._changed.notify_all()

    def _close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
