"""How long a browser takes over a page; run by an interpreter that has playwright: opening.py PAGE. Prints JSON, ms.

The times are the page's own clock, from the start of its navigation: the first paint, the data unpacked and the
figures drawn (the first, then all), and the same from a change of the filters.
"""

import json
import shutil
import sys

from playwright.sync_api import sync_playwright

FIRST = """
new MutationObserver((_, seen) => {
  if (!document.querySelector('#actors .bar')) return;
  seen.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.firstAt = performance.now(); }));
}).observe(document, {subtree: true, childList: true});
new MutationObserver((_, seen) => {
  if (!document.documentElement?.dataset.ready) return;
  seen.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.readyAt = performance.now(); }));
}).observe(document, {subtree: true, attributes: true, attributeFilter: ['data-ready']});
"""
APPLY = """async ([name, value]) => {
  const begun = performance.now(), chosen = document.querySelector(`[name=${name}]`);
  chosen.value = value;
  chosen.dispatchEvent(new Event('change', {bubbles: true}));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const first = performance.now() - begun;
  while (!document.documentElement.dataset.ready) await new Promise(requestAnimationFrame);
  return [first, performance.now() - begun];
}"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
SENTENCE = """async () => {
  const begun = performance.now();
  document.querySelector('#actors .bar span').click();
  while (!document.querySelector('#sentences blockquote')) await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""


def main() -> None:
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        times: dict[str, list[float]] = {}
        for _ in range(3):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.add_init_script(FIRST)
            page.goto(f"file://{sys.argv[1]}", timeout=120_000)
            page.wait_for_selector("html[data-ready]", timeout=120_000)
            page.wait_for_timeout(500)
            found = {
                "first paint": page.evaluate(PAINT),
                "first figure drawn": page.evaluate("window.firstAt"),
                "all figures drawn": page.evaluate("window.readyAt"),
            }
            for what, field, value in (
                ("an actor", "actor", "7"),
                ("none", "actor", ""),
                ("a date", "from", "2032-01-01"),
            ):
                first, drawn = page.evaluate(APPLY, [field, value])
                found |= {f"filter by {what}: first figure": first, f"filter by {what}: all figures": drawn}
            found["sentences of a figure"] = page.evaluate(SENTENCE)
            for name, value in found.items():
                times.setdefault(name, []).append(round(value))
            page.close()
        browser.close()
    print(json.dumps(times))


if __name__ == "__main__":
    main()
