"""Forms of our pages, filled in and posted as a browser does."""

from collections.abc import Mapping

from lxml import html

from tests.servers.pages import Answer, Outside


def press(
    pages: Outside, path: str, *, form: int = 0, headers: Mapping[str, str] | None = None, **typed: str | None
) -> Answer:
    """Open a page, fill its form in (the first, unless `form` says which) and press the button.

    What stands in the form is sent along as it stands, unless `typed` says something else; None leaves a field out.
    """
    headers = dict(headers or {})
    page = html.document_fromstring(pages.ask(path, headers=headers).text)
    found = page.cssselect("main form")[form]
    fields: dict[str, str | None] = dict(found.form_values())
    fields |= typed
    sent = {name: value for name, value in fields.items() if value is not None}
    action = str(found.get("action")).partition("#")[0]
    return pages.ask(action, method="POST", form=sent, headers={"Origin": pages.url, **headers})
