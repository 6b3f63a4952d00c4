"""How a person works a page: with a mouse or a finger, or by keyboard alone."""

from playwright.sync_api import Locator, Page, expect

MOST_STEPS = 80
"""Presses of Tab after which somebody gives a page up."""


class Mouse:
    """Clicks on what is seen; a form's word beside a box does as well as the box."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab

    def write(self, field: Locator, text: str) -> None:
        """Fill a field in."""
        field.click()
        field.fill(text)

    def tick(self, box: Locator) -> None:
        """Choose a box or a circle, by the words beside it."""
        self.tab.locator(f'label[for="{box.get_attribute("id")}"]').click(position={"x": 3, "y": 3})
        expect(box).to_be_checked()

    def press(self, button: Locator) -> None:
        """Press a button, or follow a link."""
        button.click()


class Keyboard(Mouse):
    """Reaches everything by Tab, as who cannot use a mouse does; each stop is seen, and shows that it is the one."""

    def write(self, field: Locator, text: str) -> None:
        """Fill a field in."""
        self._reach(field)
        self.tab.keyboard.type(text)

    def tick(self, box: Locator) -> None:
        """Choose a box by Space, a circle by the arrows from the one of its group where Tab stops."""
        if box.get_attribute("type") == "checkbox":
            self._reach(box)
            self.tab.keyboard.press("Space")
        elif not box.is_checked():
            group = self.tab.locator(f'input[name="{box.get_attribute("name")}"]')
            ticked = group.and_(self.tab.locator(":checked"))
            self._reach(ticked if ticked.count() else group.first)
            if not ticked.count():
                self.tab.keyboard.press("Space")
            for _ in range(MOST_STEPS):
                if box.is_checked():
                    break
                self.tab.keyboard.press("ArrowDown")
        expect(box).to_be_checked()

    def press(self, button: Locator) -> None:
        """Press a button, or follow a link."""
        self._reach(button)
        self.tab.keyboard.press("Enter")

    def _reach(self, wanted: Locator) -> None:
        for _ in range(MOST_STEPS):
            self.tab.keyboard.press("Tab")
            if wanted.evaluate("element => element === document.activeElement"):
                expect(wanted).to_be_in_viewport()
                assert wanted.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
                return
        raise AssertionError(f"not reached within {MOST_STEPS} stops")
