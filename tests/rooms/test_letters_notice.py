"""A word to the operator: plain about what happened, what is known, what to do."""

import email
import email.policy

import pytest

from newsletter.letters import compile_letter, write_notice
from newsletter.letters.noticewords import KINDS
from tests.letters import sample


@pytest.mark.parametrize("kind", [*KINDS, "unheard-of"])
def test_every_kind_says_what_happened_and_what_to_do_in_the_operator_s_language(kind: str) -> None:
    letter = write_notice(sample.publication(), kind, {"week": "2019-W41", "text": "452 <try> again"})
    assert letter.subject.startswith("Тыдзень: ")
    assert "(2019-W41)" in letter.subject
    assert "ШТО РАБІЦЬ" in letter.text
    assert "452 <try> again" in letter.text
    assert "452 &lt;try&gt; again" in (letter.html or "")
    assert "WEEK" not in letter.text
    shown = " ".join(line for line in letter.text.splitlines() if not line.strip().startswith("newsletter "))
    assert (kind in shown) == (kind not in KINDS)  # a kind that has words of its own is not named; a command may be


def test_a_notice_is_no_list_mail() -> None:
    letter = write_notice(sample.publication(), "late", {"week": "2019-W41", "readers": "12"})
    message = b"".join(
        compile_letter(letter).address(sample.addressee("operator@example.org", leave="", preferences=""))
    )
    found = email.message_from_bytes(message, policy=email.policy.default)
    assert not [name for name in found if name.startswith("List-") or name in ("Precedence", "Feedback-ID")]
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Subject"] == letter.subject
    assert "readers: 12" in letter.text


def test_a_notice_about_no_week_names_a_place_for_one() -> None:
    letter = write_notice(sample.publication(), "server-out", {"text": "535 no"})
    assert "newsletter digest send WEEK" in letter.text
    assert "()" not in letter.subject
