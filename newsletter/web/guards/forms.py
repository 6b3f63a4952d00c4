"""Forms as they are posted: small, url-encoded or multipart.

A few text fields need no library that spools files to a disk.
"""

import re
from email.message import Message
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request

LARGEST = 64 * 1024
MOST_FIELDS = 50
NAME = re.compile(rb'\bname="?([^";\r\n]*)', re.IGNORECASE)
BLANK_LINE = re.compile(rb"\r?\n\r?\n")


async def posted(request: Request) -> dict[str, str]:
    """Return the fields of a posted form, the last of each name.

    Raises
    HTTPException: 413 for more than 64 KB, 415 for what is no form, 400 for a broken one.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413)
    kind = Message()
    kind["content-type"] = request.headers.get("content-type", "").replace(
        "*", ""
    )  # no charset may be named (RFC 2231)
    if kind.get_content_type() == "application/x-www-form-urlencoded":
        return _urlencoded(bytes(body))
    if kind.get_content_type() == "multipart/form-data":
        return _multipart(bytes(body), kind.get_boundary() or "")
    raise HTTPException(415)


Posted = Annotated[dict[str, str], Depends(posted)]


def _urlencoded(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


def _multipart(body: bytes, boundary: str) -> dict[str, str]:
    # RFC 7578.  Text fields only, no nesting: the value is what stands between a blank line and the next boundary.
    if not boundary or not boundary.isascii():
        raise HTTPException(400)
    parts = body.split(b"--" + boundary.encode())[1:]
    fields: dict[str, str] = {}
    for part in parts[:MOST_FIELDS]:
        head, *value = BLANK_LINE.split(part, maxsplit=1)
        name = NAME.search(head)
        if name and value:
            fields[name[1].decode("utf-8", "replace")] = value[0].rstrip(b"\r\n").decode("utf-8", "replace")
    return fields
