"""How often letters come, in words."""

from newsletter.languages import Language
from newsletter.publication import Schedule


def weekly(schedule: Schedule, language: Language) -> str:
    """Return the weekday of a schedule as one that comes round again: "on Mondays", "па панядзелках"."""
    gettext = language.words.gettext
    return {
        "monday": gettext("on Mondays"),
        "tuesday": gettext("on Tuesdays"),
        "wednesday": gettext("on Wednesdays"),
        "thursday": gettext("on Thursdays"),
        "friday": gettext("on Fridays"),
        "saturday": gettext("on Saturdays"),
        "sunday": gettext("on Sundays"),
    }[schedule.weekday]
