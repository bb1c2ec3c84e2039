"""A headless Chromium at the labelling screen, doing what a person does there.

Run by the interpreter of Label Studio's environment, which has playwright; nothing of this project is imported. On
standard input comes JSON, a list of steps [method of Screen, argument, …]; what each step returned goes to standard
output as JSON. `drive` does that from a test.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT_OF_TEXT = ".lsf-htx-richtext"
WIDTH = 1280
PATIENCE = 60_000  # milliseconds; the machine may be busy
LISTED = ".lsf-tree-treenode-selected"
ACTORS = ".htx-taxonomy-dropdown"

# The box of the first character of `words`, and of the last, as they stand on the screen.
BOXES = """([root, words]) => {
  const walker = document.createTreeWalker(document.querySelector(root), NodeFilter.SHOW_TEXT);
  const nodes = []; let full = '', node;
  while (node = walker.nextNode()) { nodes.push([node, full.length]); full += node.data; }
  const start = full.indexOf(words);
  if (start < 0 || full.indexOf(words, start + 1) >= 0) throw new Error(`expected once: ${words}`);
  const holder = (at) => nodes.findLast(([held, offset]) => offset <= at);
  holder(start)[0].parentElement.scrollIntoView({block: 'center'});
  const box = (at) => {
    const [held, offset] = holder(at);
    const range = document.createRange();
    range.setStart(held, at - offset); range.setEnd(held, at - offset + 1);
    const {left, right, top, bottom} = range.getBoundingClientRect();
    return {left, right, y: (top + bottom) / 2};
  };
  return [box(start), box(start + words.length - 1)];
}"""
REGIONS = "Htx.annotationStore.selected.regions.length"
SELECTED = "Htx.annotationStore.selected.selectedRegions"
RELATIONS = "Htx.annotationStore.selected.relationStore.size"
RESULT = "JSON.parse(JSON.stringify(Htx.annotationStore.selected.serializeAnnotation()))"


class Screen:
    """One page of one browser; every method is a thing that a person does or sees."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def log_in(self, url: str, email: str, password: str) -> None:
        self.page.goto(f"{url}/user/login/")
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(lambda address: "/user/login" not in address)

    def open_task(self, address: str) -> None:
        """Open a task's address, and wait for its text and an annotation to draw in."""
        self.page.goto(address)
        self.page.wait_for_selector(ROOT_OF_TEXT)
        self.page.wait_for_function("Htx.annotationStore.selected && Htx.annotationStore.selected.type=='annotation'")
        self.page.wait_for_timeout(1500)  # the text is painted once more when the regions are in

    def direction(self) -> str:
        """How the text runs by its computed style."""
        style = f"getComputedStyle(document.querySelector('{ROOT_OF_TEXT}')).direction"
        return str(self.page.evaluate(style))

    def place(self, words: str) -> dict[str, float]:
        """Where `words` begin and end from left to right, in pixels."""
        first, last = self._boxes(words)
        return {"begin": first["right"], "end": last["left"]}

    def mark(self, key: str, words: str) -> None:
        """Choose the label with hotkey `key`, draw over `words`, and click the new region: else no hotkey fills it."""
        self.leave()
        self.page.keyboard.press(key)
        before = self.page.evaluate(REGIONS)
        first, last = self._boxes(words)
        self.page.mouse.move(first["right"] - 0.3, first["y"])
        self.page.mouse.down()
        self.page.mouse.move((first["right"] + last["left"]) / 2, (first["y"] + last["y"]) / 2, steps=5)
        self.page.mouse.move(last["left"] + 0.3, last["y"], steps=6)
        self.page.mouse.up()
        self.page.wait_for_function(f"{REGIONS} == {before + 1}")
        self.click(words)

    def leave(self) -> None:
        """Leave the region that is selected: the hotkey of a label would change that region's label."""
        for _ in range(3):  # the first may only close a list
            self.page.keyboard.press("Escape")
            self.page.wait_for_timeout(200)
            if self.page.evaluate(f"{SELECTED}.length") == 0:
                return
        raise AssertionError("Expected that Escape leaves a region, found it selected.")

    def click(self, words: str) -> None:
        """Click the region that begins with `words`, so that its fields are shown."""
        self._hit(words)
        self.page.wait_for_function(f"{SELECTED}.length == 1")
        self.page.wait_for_timeout(300)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(200)

    def search_actor(self, typed: str) -> None:
        """Open the list of actors of the region that is selected, and type into its search."""
        self.page.click(".htx-taxonomy .ant-select-selector")
        self.page.fill(f"{ACTORS} input", typed)
        self.page.wait_for_selector(f"{ACTORS} .ant-select-tree-title:has-text('{typed}')")
        self.page.wait_for_timeout(300)

    def take_actor(self, name: str) -> None:
        """Click what the search found."""
        self.page.locator(f"{ACTORS} .ant-select-tree-title", has_text=name).last.click()
        self.page.keyboard.press("Escape")
        self.page.wait_for_timeout(300)

    def open_targets(self) -> None:
        self.page.locator("[data-testid=select-trigger]").first.click()
        self.page.wait_for_timeout(500)

    def take_target(self, wording: str) -> None:
        self.page.get_by_test_id(f"select-option-{wording}").click()
        self.page.wait_for_timeout(300)

    def link(self, statement: str, mention: str) -> None:
        """Draw an arrow from the region that begins with `statement` to the one that begins with `mention`."""
        before = self.page.evaluate(RELATIONS)
        self.leave()
        self.click(statement)
        self.page.keyboard.press("Alt+r")
        self.page.wait_for_timeout(300)
        self._hit(mention)
        self.page.wait_for_function(f"{RELATIONS} == {before + 1}")

    def note(self, text: str) -> None:
        """Write the task's note and keep it."""
        box = self.page.locator("textarea").last
        box.fill(text)
        box.press("Shift+Enter")

    def finish(self, key: str) -> None:
        """Press `key`, which submits or skips, and wait until the server has taken it."""
        stored = lambda answer: "/annotations" in answer.url and answer.request.method in ("POST", "PATCH")  # noqa: E731
        with self.page.expect_response(stored) as taken:
            self.page.keyboard.press(key)
        assert taken.value.ok, taken.value.text()

    def result(self) -> Any:
        """What the page would send."""
        return self.page.evaluate(RESULT)

    def go(self, address: str, selector: str) -> None:
        """Open any page, and wait for `selector` there."""
        self.page.goto(address)
        self.page.wait_for_selector(selector)
        self.page.wait_for_timeout(1500)

    def press_button(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.page.wait_for_timeout(800)

    def reveal(self) -> None:
        """Bring the region that is selected into view in the list of regions."""
        self.page.locator(LISTED).scroll_into_view_if_needed()
        self.page.wait_for_timeout(300)

    def doubt(self) -> dict[str, Any]:
        """The number beside the region that is selected, and whether its place in the list of regions can be seen."""
        place = self.page.locator(LISTED).get_by_text(re.compile(r"^[01]\.\d+$"))
        box = place.bounding_box()
        return {"shown": place.inner_text(), "seen": box["x"] >= 0 and box["x"] + box["width"] <= WIDTH}

    def picture(self, path: str, clip: dict[str, int] | None = None) -> None:
        """Keep what is seen, or the part `clip` (x, y, width, height) of it."""
        self.page.screenshot(path=path, clip=clip)

    def _hit(self, words: str) -> None:
        first, _ = self._boxes(words)
        self.page.mouse.click((first["left"] + first["right"]) / 2, first["y"])

    def _boxes(self, words: str) -> list[dict[str, float]]:
        self.page.wait_for_selector(ROOT_OF_TEXT)
        return list(self.page.evaluate(BOXES, [ROOT_OF_TEXT, words]))


def drive(python: Path, steps: list[list[Any]]) -> list[Any]:
    """What each of the `steps` returned, done in one browser under `python`; fails with what the browser said."""
    given = json.dumps(steps)
    done = subprocess.run([str(python), __file__], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return list(json.loads(done.stdout))


def find_browser() -> str | None:
    """The browser's program, None where there is none."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


def main() -> None:
    from playwright.sync_api import sync_playwright

    steps = json.load(sys.stdin)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 860})
        page.set_default_timeout(PATIENCE)
        screen = Screen(page)
        returned = [getattr(screen, name)(*arguments) for name, *arguments in steps]
        browser.close()
    json.dump(returned, sys.stdout)


if __name__ == "__main__":
    main()
