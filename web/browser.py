"""The browser that prints the handouts and runs the browser tests: found, or fetched by `python -m web.browser`.

Any Chromium, Chrome or Edge will do. The variable CHROMIUM names one that lies elsewhere.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys

from playwright.sync_api import Error, sync_playwright

from web.node import NODE

COMMANDS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge",
)  # fmt: skip
MAC = ("Google Chrome", "Chromium", "Microsoft Edge")
WINDOWS = (
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",  # what would stand in for one takes longer than drawing without
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
FONTS = "fonts-dejavu-core", "fonts-wqy-microhei"  # the second for Chinese
# Playwright's own Node.js wants a library that a small Debian has not.
os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(NODE))
NONE = (
    "No browser was found and none could be fetched: install Chromium, Chrome or Edge "
    "(on Debian: apt install chromium fonts-dejavu-core), or name one with the variable CHROMIUM."
)


def installed():
    """The browsers of this machine, the best known first, and last None, which stands for Playwright's own."""
    if named := os.environ.get("CHROMIUM"):
        return [named]
    places = [shutil.which(command) for command in COMMANDS]
    if sys.platform == "darwin":
        folders = pathlib.Path("/Applications"), pathlib.Path.home() / "Applications"
        places += [folder / f"{name}.app/Contents/MacOS/{name}" for name in MAC for folder in folders]
    if sys.platform == "win32":
        folders = filter(None, map(os.environ.get, ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")))
        places += [pathlib.Path(folder, name) for folder in folders for name in WINDOWS]
    return [str(place) for place in places if place and pathlib.Path(place).is_file()] + [None]


@contextlib.contextmanager
def browser():
    """The first browser of this machine that starts. Raises RuntimeError, in a sentence, if none does."""
    with sync_playwright() as playwright:
        for place in installed():
            with contextlib.suppress(Error):  # found but broken, as Ubuntu's chromium-browser without its snap is
                running = playwright.chromium.launch(executable_path=place, args=FLAGS)
                break
        else:
            raise RuntimeError(NONE)
        try:
            yield running
        finally:
            running.close()


def starts():
    with contextlib.suppress(RuntimeError), browser():
        return True
    return False


def fetch():
    """Playwright's own browser, with the libraries it needs; or, where it cannot be downloaded, the system's."""
    print("No browser was found; one is fetched (about 150 MB).", flush=True)
    playwright = [sys.executable, "-m", "playwright"]
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    apt = [*([] if root else ["sudo", "-n"]), "apt-get", "-qq"]
    if succeeds([*playwright, "install", "--only-shell", "chromium"]):
        starts() or succeeds([*playwright, "install-deps", "chromium"])
    elif shutil.which("apt-get") and succeeds([*apt, "update"]):
        succeeds([*apt, "install", "-y", "--no-install-recommends", "chromium", *FONTS])
    if not starts():
        sys.exit(NONE)


def succeeds(command):
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, env=env, capture_output=True).returncode == 0
    except FileNotFoundError:  # no sudo
        return False


if __name__ == "__main__":
    starts() or fetch()
