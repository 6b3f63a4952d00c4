"""What DKIM costs beside its signature: signed messages a second, beside bare RSA-2048 signatures by `cryptography`.

`python -m bench.dkim [--messages 4000] [--rounds 7]`

Rounds alternate, each in as many threads as there are cores; the letter is the tests' sample with 60 KB of HTML and
8 KB of text.  Medians, and the ratio round by round, for what else the machine does weighs on neighbours alike.
"""

import argparse
import os
import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from newsletter.digest import Variant
from newsletter.letters import Addressee, Letter, compile_letter, write
from newsletter.letters.dkim import SignedLetter, Signer
from tests.letters import sample

LINE = "The parliament adopted the budget, and said nothing about the rest of the year.  "


def padded(letter: Letter, html: int = 60_000, text: int = 8_000) -> Letter:
    """Fill the letter up before its links, which stand at the end of each part."""
    assert letter.html is not None
    more = (LINE * 4).strip() + "\n\n"
    long_text = more * ((text - len(letter.text)) // len(more)) + letter.text
    paragraph = f'<p style="margin:0 0 16px;line-height:1.5">{LINE * 4}</p>\n'
    head, body, tail = letter.html.partition("<body")
    filling = paragraph * ((html - len(letter.html)) // len(paragraph))
    opening, _, rest = tail.partition(">")
    return replace(letter, text=long_text, html=f"{head}{body}{opening}>{filling}{rest}")


def rate(work: Callable[[Addressee], object], readers: list[Addressee]) -> float:
    """Return how many a second, each thread with a share of its own."""
    threads = os.cpu_count() or 1

    def share(number: int) -> None:
        for reader in readers[number::threads]:
            work(reader)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(share, range(threads)))  # all threads are there, and warm
        began = perf_counter()
        list(pool.map(share, range(threads)))
        return len(readers) / (perf_counter() - began)


def main() -> None:
    """Measure in alternating rounds and print medians and the ratio."""
    parser = argparse.ArgumentParser(description="Signed messages a second, beside bare RSA-2048 signatures.")
    parser.add_argument("--messages", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    publication = sample.publication()
    edition = publication.edition("en")
    compiled = compile_letter(padded(write(sample.digest(), publication, edition, edition.languages, Variant.FULL)))
    key = generate_private_key(65537, 2048)
    signed = SignedLetter(compiled, Signer("week.example.org", "news1", key))
    readers = [sample.addressee(f"r{number}@example.org", message_id=f"m{number}") for number in range(given.messages)]
    octets, padding, hashed = bytes(1500), PKCS1v15(), SHA256()
    found = [
        (rate(signed.address, readers), rate(lambda _: key.sign(octets, padding, hashed), readers))
        for _ in range(given.rounds)
    ]
    size = sum(map(len, signed.address(readers[0])))
    print(f"{given.messages} messages of {size} octets, {os.cpu_count()} threads, {given.rounds} rounds")
    print(f"signed messages  {statistics.median(ours for ours, _ in found):8.0f}/s")
    print(f"bare signatures  {statistics.median(bare for _, bare in found):8.0f}/s")
    print(f"ratio            {statistics.median(ours / bare for ours, bare in found):8.2f}")


if __name__ == "__main__":
    main()
