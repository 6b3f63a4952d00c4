"""Letters: a digest in its templates, in the words of its language, as the bytes one reader gets."""

from newsletter.letters.address import CompiledLetter
from newsletter.letters.body import body_html
from newsletter.letters.compile import UnfitLetter, compile_letter
from newsletter.letters.draft import SlotInContent
from newsletter.letters.environment import environment, templates
from newsletter.letters.exposures import exposures
from newsletter.letters.faults import check_body
from newsletter.letters.headblock import reply_headers
from newsletter.letters.headers import UnfitHeader
from newsletter.letters.help import write_help
from newsletter.letters.latest import write_latest
from newsletter.letters.letter import LEAVE_SLOT, PREFERENCES_SLOT, Addressee, Letter
from newsletter.letters.note import write_note
from newsletter.letters.notice import write_notice
from newsletter.letters.plain import body_text
from newsletter.letters.signing import Addressable, Signers, open_signers
from newsletter.letters.write import write

__all__ = [
    "LEAVE_SLOT",
    "PREFERENCES_SLOT",
    "Addressable",
    "Addressee",
    "CompiledLetter",
    "Letter",
    "Signers",
    "SlotInContent",
    "UnfitHeader",
    "UnfitLetter",
    "body_html",
    "body_text",
    "check_body",
    "compile_letter",
    "environment",
    "exposures",
    "open_signers",
    "reply_headers",
    "templates",
    "write",
    "write_help",
    "write_latest",
    "write_note",
    "write_notice",
]
