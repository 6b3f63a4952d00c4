"""A very fast SMTP sink: reads only as much of the dialogue as it must, keeps nothing.  Not a model of a server.

`python bench/sink.py [--delay MS] [--expect N]` prints its port, then a line when the N-th message was taken; serves
until its standard input ends, then prints how many messages it took, and when the first and the last (monotonic clock).
"""

import argparse
import asyncio
import sys
import time

END = b"\r\n.\r\n"
LAST = 4096  # a client that awaits 354 can have no more than its next commands behind the dot


class Sink(asyncio.BufferedProtocol):
    """One connection."""

    buffer = memoryview(bytearray(256 * 1024))  # one for all: it is filled and read in one go
    taken = 0
    expect = 0
    delay = 0.0
    first = last = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.body = False
        self.rest = b""
        transport.write(b"220 sink\r\n")

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = self.buffer[max(0, nbytes - LAST) : nbytes]
        if nbytes > LAST:
            self.rest = b""  # it does not touch `data`
        if self.body:
            tail = self.rest + data
            end = tail.find(END)
            if end < 0:
                self.rest = tail[-len(END) + 1 :]
                return
            self.count()
            self.body = False
            self.answer(tail[end + len(END) :], b"250 2.0.0 taken\r\n")
        else:
            self.answer(self.rest + bytes(data), b"")

    def count(self) -> None:
        Sink.taken += 1
        Sink.last = time.monotonic()
        Sink.first = Sink.first or Sink.last
        if Sink.taken == Sink.expect:
            print("full", flush=True)

    def answer(self, data: bytes, replies: bytes) -> None:
        *lines, self.rest = data.split(b"\r\n")
        for line in lines:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.body = True
                replies += b"354 go on\r\n"
                # As if the CRLF that ends the command began the body: an empty body then ends like any other.
                self.rest = b"\r\n"
            elif verb == b"EHLO":
                replies += b"250-sink\r\n250-PIPELINING\r\n250 SIZE 0\r\n"
            elif verb == b"QUIT":
                replies += b"221 bye\r\n"
            else:
                replies += b"250 2.1.0 fine\r\n"
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self.transport.write, replies)
        else:
            self.transport.write(replies)


async def serve() -> None:
    """Serve on a free port of the loopback until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.0, help="milliseconds before each answer")
    parser.add_argument("--expect", type=int, default=0, help="say so when that many messages were taken")
    given = parser.parse_args()
    Sink.delay, Sink.expect = given.delay / 1000, given.expect
    asyncio.run(serve())
    print(Sink.taken, Sink.first, Sink.last, flush=True)
