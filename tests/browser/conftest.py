"""A real Chromium before a real exchange: `antalya demo` in its own process, as a user starts it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync"]
HOW = "no Chromium found: install one (Debian: apt-get install chromium), or name one in ANTALYA_CHROMIUM"


def chromium() -> str:
    """The path of a Chromium; skips the test where there is none, fails it where CI=true."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("ANTALYA_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(HOW)
    return found


class Exchange:
    """A served demo of its own, in its own process; `get` and `post` speak to it as one of its viewers."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        start = ["-c", "from antalya.entry.cli import main; main()", "demo", "--port", str(port)]
        self._scratch = tempfile.TemporaryDirectory()  # a demo that is killed leaves its store where temporary files are
        self.process = subprocess.Popen([sys.executable, *start], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        cwd=Path(__file__).parents[2], env=os.environ | {"TMPDIR": self._scratch.name})
        said = []
        for line in self.process.stdout:
            said.append(line)
            if self.url in line:
                break
        else:
            self.kill()
            raise RuntimeError("".join(said))
        self.viewers = self.get(None, "/demo/viewers")
        self.tokens = {v["id"]: v["token"] for v in self.viewers}

    def get(self, viewer, path):
        return self.call(viewer, "GET", path)[1]

    def withdraw(self, viewer, id):
        """Withdraws an operation of a viewer's that was filed and not changed since; what came of it."""
        return self.call(viewer, "DELETE", f"/v1/operations/{id}", **{"if-match": '"1"'})[1]

    def call(self, viewer, method, path, body=None, **more):
        """(status, answer) of a request; `more`: headers."""
        headers = {"content-type": "application/json", **more} | ({"authorization": f"Bearer {self.tokens[viewer]}"} if viewer else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)

    def picture(self, viewer):
        return self.get(viewer, "/v1/picture")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self._scratch.cleanup()


@pytest.fixture(scope="module")
def browser():
    path = chromium()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def exchange(browser):
    """One exchange for all tests of a file that only look."""
    served = Exchange()
    yield served
    served.kill()


@pytest.fixture
def own_exchange(browser):
    """An exchange for one test that changes something."""
    served = Exchange()
    yield served
    served.kill()


@pytest.fixture
def open_page(browser):
    """Opens the page of an exchange in a fresh tab. At the end nothing may have gone wrong in any of them, except what the
    test said it expects (`expect`: parts of console messages)."""
    contexts, complaints = [], []

    def opened(url, *, expect=(), ready=True, width=1440, height=900, before=None, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **({"locale": "en-GB"} | options))
        contexts.append(context)
        page = context.new_page()
        page.requested = []
        page.on("request", lambda r: page.requested.append(r.url))
        page.on("pageerror", lambda e: complaints.append(f"error: {e}"))
        page.on("dialog", lambda d: (complaints.append(f"dialog: {d.message}"), d.dismiss()))
        page.on("console", lambda m: complaints.append(f"{m.type}: {m.text}")
                if m.type == "error" and not any(part in m.text for part in expect) else None)
        if before is not None:
            before(page)
        page.goto(url)
        if ready:
            page.wait_for_selector("html[data-ready=true]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
