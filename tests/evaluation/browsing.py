"""A headless Chromium at a report's page. Run by Label Studio's environment, which has playwright; see `browse`."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

PATIENCE = 60_000  # milliseconds; the machine may be busy


def browse(python: Path, page: Path, steps: list[str], *, language: str = "en-US") -> dict[str, Any]:
    """What the `steps`, expressions of JavaScript, returned on `page`, and what happened meanwhile.

    `dialogs`, `errors` and `requests` (all but that of the page itself) are what nobody asked for. An expression ends
    when its promise does and all figures are drawn.
    """
    given = json.dumps([page.as_uri(), steps, language])
    done = subprocess.run([str(python), __file__], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def main() -> None:
    from playwright.sync_api import sync_playwright

    address, steps, language = json.load(sys.stdin)
    found: dict[str, Any] = {"dialogs": [], "errors": [], "requests": [], "returned": []}
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale=language)
        page.set_default_timeout(PATIENCE)
        page.on("dialog", lambda dialog: (found["dialogs"].append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: found["errors"].append(str(error)))
        page.on("console", lambda message: found["errors"].append(message.text))
        page.on("request", lambda request: found["requests"].append(request.url))
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        for step in steps:
            found["returned"].append(page.evaluate(step))
            page.wait_for_selector("html[data-ready]")
        page.wait_for_timeout(300)  # what was to run late would have run
        browser.close()
    found["requests"] = [url for url in found["requests"] if url != address]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
