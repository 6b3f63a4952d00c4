"""The scripted server in a process of its own: pickled orders from stdin, answers to stdout; see `stage.py`."""

import pickle
import sys

from tests.smtp.server import ScriptedServer


def serve() -> None:
    """Obey until whoever gives the orders is gone."""
    server: ScriptedServer | None = None
    try:
        while True:
            answer: object = None
            match pickle.load(sys.stdin.buffer):
                case "play", play:
                    server = ScriptedServer(play)
                    answer = server.record.port
                case "turn", play if server:
                    server.turn(play)
                case "tell", _ if server:
                    answer = server.record
                case "end", _ if server:
                    server.end()
                    server = None
            pickle.dump(answer, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    except EOFError:
        return
    finally:
        if server is not None:
            server.end()


if __name__ == "__main__":
    serve()
