"""Letters: a digest in its templates, in the words of its language, as the bytes one reader gets."""

from newsletter.letters.letter import LEAVE_SLOT, PREFERENCES_SLOT, Addressee, Letter

__all__ = ["LEAVE_SLOT", "PREFERENCES_SLOT", "Addressee", "Letter"]
