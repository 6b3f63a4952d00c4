"""`python -m newsletter.web [FD]`: serve the public pages until told to stop, on inherited socket FD if named.

Nothing of what is imported is ever garbage: to look for some on the way took a third of the start.
"""

import gc

gc.disable()

import socket
import sys

from newsletter.errors import NewsletterError
from newsletter.log import configure_logging
from newsletter.runtime import runtime
from newsletter.web import create_app, server
from workers import bells

gc.freeze()
gc.enable()


def main() -> int:
    """Serve; return the exit code, 2 if the operator has something to put right first."""
    try:
        here = runtime()
        here.check()
        configure_logging(here.settings.log_level)
        bells.open_up()
        sockets = [socket.socket(fileno=int(number)) for number in sys.argv[1:]] or None
        server(create_app(here), host=here.settings.web_host, port=here.settings.web_port).run(sockets)
    except NewsletterError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
