"""Hosts in URLs and in requests, so that two spellings of one host are one."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """Return the host that a URL leads to: lower case, ASCII, without its port.

    >>> host_of("https://Тыдзень.example:8443/be")
    'xn--d1acfzv8cl.example'
    """
    return named_host(urlsplit(url).netloc)


def named_host(authority: str) -> str:
    """Return the host that `host:port` names, or "" for what is none: a request's Host may hold anything.

    >>> named_host("Letter.Example.NET.:8443"), named_host("[::1]:8025"), named_host("[")
    ('letter.example.net', '::1', '')
    """
    try:
        host = (urlsplit(f"//{authority}").hostname or "").removesuffix(".")
        return host if host.isascii() else host.encode("idna").decode()
    except ValueError:  # of `urlsplit`, and UnicodeError of the codec
        return ""


def moved(text: str, old: str, new: str) -> str:
    """Return `text` with every link of the site at `old` leading to the same page at `new`.

    >>> moved("https://a.example/be https://a.example.org https://a.example", "https://a.example", "https://b.example")
    'https://b.example/be https://a.example.org https://b.example'
    """
    return re.sub(re.escape(old) + r"(?![\w-]|[.:][\w-])", lambda _: new, text, flags=re.IGNORECASE)


def is_this_machine(host: str) -> bool:
    """Return whether a URL with that host leads to whatever machine it is opened on.

    >>> is_this_machine("127.0.0.1"), is_this_machine("localhost"), is_this_machine("letter.example.net")
    (True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
