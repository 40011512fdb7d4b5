"""The hub of `make hub` with a data folder and accounts of its own: for its test, and for the benchmark of a class."""

import contextlib
import json
import os
import re
import secrets
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import psutil

from tests.browser import live

ROOT = Path(__file__).parents[2]
LESSON = "01_bce_by_hand.ipynb"
APART = hasattr(os, "geteuid") and os.geteuid() == 0


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def within_reach():
    """A command that stands before another one: there, the accounts of students reach this Python and this checkout.

    They lie in a home that is closed to others, where somebody develops as root. Only that process sees the home with
    nothing but those folders in it.
    """
    closed = {}
    for needed in {ROOT, Path(sys.prefix), Path(sys.base_prefix).resolve()}:
        for parent in reversed(needed.parents):
            if not parent.stat().st_mode & 0o001:
                closed.setdefault(parent, []).append(needed)
                break
    if not APART or not closed:
        return []
    script = ["set -e", "there=$(mktemp -d)"]
    for parent, folders in closed.items():
        for number, needed in enumerate(folders):
            script += [f"mkdir $there/{number}", f"mount --bind {shlex.quote(str(needed))} $there/{number}"]
        script += [f"mount -t tmpfs -o mode=711 none {shlex.quote(str(parent))}"]
        for number, needed in enumerate(folders):
            place = shlex.quote(str(needed))
            script += [f"mkdir -p {place}", f"mount --bind $there/{number} {place}", f"umount $there/{number}"]
        script += ["rmdir $there/*"]
    return ["unshare", "--mount", "sh", "-c", "; ".join([*script, "rmdir $there", 'exec "$@"']), "sh"]


@contextlib.contextmanager
def turn():
    """Accounts are the machine's: a second test of the same names waits until the first has removed them."""
    if not APART:
        yield
        return
    import fcntl

    with open(Path(tempfile.gettempdir()) / "lossutils-hub.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Hub:
    """A hub with test logins `names`, the instructor's first; `password(name)` lets one in at `url`."""

    def __init__(self, data, names):
        assert all(name.startswith("lossutils-") for name in names), (
            "the accounts are removed again: none of a person's"
        )
        self.data, self.names = Path(data), names
        self.data.chmod(0o711)
        self.secret = secrets.token_hex(4)
        self.log = self.data / "hub.log"
        ports = free_ports(3)
        self.url, hub, proxy = (f"http://127.0.0.1:{port}/" for port in ports)
        # No setting but where it answers: everything else is what an instructor gets.
        self.flags = [
            f"--JupyterHub.bind_url={self.url}",
            f"--JupyterHub.hub_bind_url={hub}",
            f"--ConfigurableHTTPProxy.api_url={proxy}",
        ]
        self.remove_accounts()  # of a run that was cut off
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def remove_accounts(self):
        for name in self.names if APART else ():
            subprocess.run(["userdel", "--force", name], capture_output=True)

    def start(self):
        env = os.environ | {
            "HUB_DATA": str(self.data),
            "HUB_TRIAL": " ".join(self.names),
            "HUB_PASSWORD": self.secret,
        }
        config = ROOT / "hub/jupyterhub_config.py"
        self.process = subprocess.Popen(
            [*within_reach(), sys.executable, "-m", "jupyterhub", "--config", str(config), *self.flags],
            cwd=self.data,
            env=env,
            stdout=self.log.open("a"),
            stderr=subprocess.STDOUT,
        )
        self.wait_for("hub/health")

    def wait_for(self, path):
        """Until the proxy is there and leads to that place."""
        deadline = time.monotonic() + live.PATIENCE / 1000
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(self.url + path):
                return
            time.sleep(0.1)
        raise RuntimeError(f"the hub does not answer at {path}:\n{self.log.read_text()[-5000:]}")

    def password(self, name):
        return self.secret * (4 if name == self.names[0] else 1)

    def home(self, name):
        return self.data / "homes" / name

    def link(self, page):
        """What an instructor gives to the class: it brings the lessons, then opens a page of the student's server."""
        query = {"repo": f"{self.data}/lessons.bundle", "branch": "main", "targetpath": "losses", "urlpath": page}
        return f"{self.url}hub/user-redirect/git-pull?{urllib.parse.urlencode(query)}"

    def progress(self, name):
        return self.data / "progress" / name / "progress.json"

    def kill(self):
        """As a crash would: no process has time to tell another one."""
        services = [
            one for one in psutil.Process(self.process.pid).children() if "jupyterhub_idle_culler" in one.cmdline()
        ]
        for process in (self.process, *services):
            process.kill()
            process.wait()

    def close(self):
        self.process.terminate()  # ends the students' servers and the proxy as well
        self.process.wait()
        self.remove_accounts()


@contextlib.contextmanager
def hub(*names):
    with turn(), tempfile.TemporaryDirectory(prefix="lossutils-hub-") as data:
        running = Hub(data, names)
        try:
            yield running
        finally:
            running.close()


class Student:
    """Somebody who has logged in and opened the lesson by a link, in a profile of the browser that is nobody else's."""

    def __init__(self, chromium, hub, name):
        self.hub, self.name = hub, name
        settings = hub.home(name) / ".jupyter/lab/user-settings/@jupyterlab/notebook-extension"
        settings.mkdir(parents=True)
        # Every cell stays in the page, also those that are scrolled away.
        (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
        if APART:
            subprocess.run(["chown", "-R", name, hub.home(name)], check=True)
        self.context = chromium.new_context(viewport=live.SIZE)
        self.context.set_default_timeout(live.PATIENCE)
        self.page = self.context.new_page()
        self.recorder = live.Recorder(self.page)
        # What JupyterLab says if it calls or saves while there is no proxy: a student closes it too, and goes on.
        self.page.add_locator_handler(
            self.page.get_by_role("dialog", name=re.compile("Server unavailable|File Save Error")),
            lambda dialog: dialog.get_by_role("button", name=re.compile("Dismiss|Close")).click(),
        )
        self.page.goto(hub.link(f"lab/tree/losses/notebooks/{LESSON}"))
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(hub.password(name))
        self.page.get_by_role("button", name="Sign in").click()
        self.idle()
        self.page.locator(".jp-CodeCell", has_text="def my_bce(p, y):").wait_for()
        number = self.page.evaluate(
            "[...document.querySelectorAll('.jp-CodeCell')].findIndex(cell => /def my_bce\\(/.test(cell.textContent))"
        )
        self.cell = self.page.locator(".jp-CodeCell").nth(number)

    def idle(self):
        self.page.get_by_text("| Idle").wait_for()

    def run_all(self):
        live.run_all_cells(self.page)
        self.idle()

    def run(self, code, says=None):
        """Type it in the place of the first exercise's answer, run it there, wait for what it says."""
        self.cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("ControlOrMeta+Enter")
        if says:
            self.cell.locator(".jp-OutputArea-output").get_by_text(says).first.wait_for()
