"""The HTTP server of the pages."""

import uvicorn
from fastapi import FastAPI

LONGEST_REQUEST_LINE = 16 * 1024


def server(app: FastAPI, *, host: str, port: int) -> uvicorn.Server:
    """Return a server for `app`; `.run()` serves until it is told to stop.

    It keeps no access log: who reads is nobody's business, and paths hold readers' tokens.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http="h11",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=LONGEST_REQUEST_LINE,
            timeout_graceful_shutdown=5,
        )
    )
