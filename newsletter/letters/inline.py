"""CSS into style attributes; the one place that knows premailer."""

from logging import CRITICAL


def inline(html: str) -> str:
    """Return a rendered letter with its first `<style>` written into every element.

    Once per letter, after rendering.  A `<style data-premailer="ignore">` (media queries, dark mode, Outlook) is kept
    byte for byte.  Nothing is fetched: `@import` and `<link>` would be, by default.
    """
    from premailer import Premailer  # a fifth of a second that only whoever writes a letter should pay

    inlined: str = Premailer(
        html,
        strip_important=False,
        allow_network=False,
        disable_validation=True,
        preserve_internal_links=True,
        keep_style_tags=False,
        cssutils_logging_level=CRITICAL,
    ).transform()
    return inlined
