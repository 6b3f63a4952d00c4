"""The HTTP server of the pages."""

import uvicorn
from fastapi import FastAPI

LARGEST_HEAD = 16 * 1024


def server(app: FastAPI, *, host: str, port: int) -> uvicorn.Server:
    """Return a server for `app`; `.run()` serves until it is told to stop.

    It keeps no access log: who reads is nobody's business, and paths hold readers' tokens.  For the same reason it
    takes no client address from a proxy's headers.  What it logs goes where the process's own lines go, scrubbed.
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
            h11_max_incomplete_event_size=LARGEST_HEAD,
            timeout_graceful_shutdown=5,
        )
    )
