"""A Jupyter server and a Chromium of our own: what the browser tests and the screenshots stand on."""

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import nbformat
from jupyter_client import BlockingKernelClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SIZE = {"width": 1280, "height": 720}
PATIENCE = 240_000  # milliseconds that a page may take where other processes take the machine: no test waits for a time
LOCAL = re.compile(r"(data|blob|about|file):|(http|ws)s?://(127\.0\.0\.1|localhost)(:\d+)?(/|$)")


def _clear(file):
    notebook = nbformat.read(file, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, file)


class Server:
    """JupyterLab on a copy of the notebooks, with nothing of the user's own settings, workspaces and servers."""

    def __init__(self, home, notebooks=NOTEBOOKS, theme="Light"):
        home = Path(home)
        self.root = home / "notebooks"
        self.token = secrets.token_hex(16)
        self.root.mkdir()
        for file in filter(Path.is_file, Path(notebooks).iterdir()):
            shutil.copy(file, self.root)
        for file in self.root.glob("*.ipynb"):
            _clear(file)  # what a page shows must then come from this run
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        for folder in folders.values():
            (home / folder).mkdir()
        announcements = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
        for file, content in {
            # Nothing may ask the network, or the person: JupyterLab's news would do both.
            "config/labconfig/page_config.json": announcements,
            "settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings": {"theme": f"JupyterLab {theme}"},
            # A file that is saved between two tests would show the second one outputs whose widgets are gone.
            "settings/@jupyterlab/docmanager-extension/plugin.jupyterlab-settings": {"autosave": False},
            # Every cell stays in the page, also those that are scrolled away.
            "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
        }.items():
            (home / file).parent.mkdir(parents=True, exist_ok=True)
            (home / file).write_text(json.dumps(content))
        # One thread a kernel: the lessons' tensors are tiny and the test processes share the cores.
        env = os.environ | {name: str(home / folder) for name, folder in folders.items()} | {"OMP_NUM_THREADS": "1"}
        self.log = home / "server.log"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"),
                f"--ServerApp.root_dir={self.root}",
                f"--IdentityProvider.token={self.token}",
            ],
            env=env,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
        )
        self.runtime = home / "runtime"
        self.url = self._wait_for_url()

    def _wait_for_url(self):
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline and self.process.poll() is None:
            for file in self.runtime.glob("jpserver-*.json"):
                with contextlib.suppress(json.JSONDecodeError):  # half written
                    return json.loads(file.read_text())["url"]
            time.sleep(0.05)
        raise RuntimeError(f"the Jupyter server did not start:\n{self.log.read_text()}")

    def request(self, path, method="GET"):
        address = f"{self.url}api/{path}"
        request = urllib.request.Request(address, method=method, headers={"Authorization": f"token {self.token}"})
        with urllib.request.urlopen(request) as response:
            return json.loads(response.read() or "null")

    def kernel(self, name):
        """The id of a notebook's kernel, as soon as a page is connected to it."""
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            for session in self.request("sessions"):
                if session["path"] == name and session["kernel"]["connections"]:
                    return session["kernel"]["id"]
            time.sleep(0.05)
        raise RuntimeError(f"no page is connected to a kernel of {name}")

    def wait_for_kernel(self, name):
        """A kernel answers in turn: whatever was sent to it before this question is done when the answer comes."""
        client = BlockingKernelClient(connection_file=str(self.runtime / f"kernel-{self.kernel(name)}.json"))
        client.load_connection_file()
        client.start_channels()
        client.execute("", silent=True, reply=True, timeout=PATIENCE / 1000)
        client.stop_channels()

    def shut_down(self, name):
        self.request(f"kernels/{self.kernel(name)}", method="DELETE")

    def close(self):
        """Asks first, so that kernels end in order; but one server never ended, and nothing in it is kept."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def server(**options):
    with tempfile.TemporaryDirectory(prefix="lossutils-") as home:
        running = Server(home, **options)
        try:
            yield running
        finally:
            running.close()


# What upstream writes to the console in a healthy session, each with its reason. Nothing of ours belongs here.
KNOWN_NOISE = [
    # RISE asks for a style sheet beside every notebook, `01_bce_by_hand.css`, and cannot be told that there is none.
    r"Refused to apply style from '\S+/files/\S+\.css' because its MIME type",
    # ipywidgets tells a kernel that is not there any more about every move of a slider.
    r"^Could not send widget sync message Error: Cannot send",
]


class Recorder:
    """Everything that may not happen on a page: an error of ours in the console, a request to another machine."""

    def __init__(self, page):
        self.problems, self.requests = [], []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        page.on("request", lambda request: self._request(request.url))
        page.on("websocket", lambda socket: self._request(socket.url))

    def _console(self, message):
        if message.type == "error" and not any(re.search(noise, message.text) for noise in KNOWN_NOISE):
            self.problems.append(f"console: {message.text[:300]} ({message.location.get('url', '')})")

    def _request(self, url):
        self.requests.append(url)
        if not LOCAL.match(url):
            self.problems.append(f"request to another machine: {url}")


@contextlib.contextmanager
def recorded(context):
    """A page of its own, and on it a recorder of what may not happen there."""
    page = context.new_page()
    page.recorder = Recorder(page)
    try:
        yield page
    finally:
        page.close()


def wait(page, condition, argument=None, timeout=PATIENCE):
    return page.wait_for_function(condition, arg=argument, timeout=timeout, polling=50)


# Until the page has drawn and has nothing left to do. On a crowded machine a browser may owe both for ever: then the
# clock ends the wait.
QUIET = """() => new Promise(done => {
    const idle = () => requestIdleCallback(done, {timeout: 5000});
    requestAnimationFrame(idle);
    setTimeout(idle, 5000);
})"""


PROMPTS = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(prompt => prompt.textContent)"


def _wait_for_prompts(page):
    wait(page, f"() => {PROMPTS}.some(prompt => /[*\\d]/.test(prompt))")  # the cells have been sent
    wait(page, f"() => !{PROMPTS}.includes('[*]:')")


def _wait_for_run(page, server, name):
    _wait_for_prompts(page)
    server.wait_for_kernel(name)  # cells with a folded source show no prompt
    if page.evaluate(f"() => {PROMPTS}.includes('[ ]:')"):  # an error stops a run
        raise RuntimeError(page.locator("[data-mime-type$=stderr]").last.inner_text()[-2000:])


def open_lab(page, server, name):
    page.goto(f"{server.url}lab/tree/{name}?reset&token={server.token}")
    page.get_by_text("| Idle").wait_for(timeout=PATIENCE)  # the status bar's word on the kernel


def run_all_cells(page):
    """Run > Run All Cells, as a student does it."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    _wait_for_prompts(page)


def run_lab(page, server, name):
    run_all_cells(page)
    _wait_for_run(page, server, name)


def run_slides(page, server, name):
    """Opens the slides as `make slides` does: every cell runs, once the page has its kernel."""
    page.goto(f"{server.url}rise/{name}?token={server.token}&run=1")
    page.wait_for_selector(".reveal.ready .slides section.present", timeout=PATIENCE)
    _wait_for_run(page, server, name)


def slides(page, fragment_by_fragment=False):
    """Goes through the slides and yields the name of each when it stands there, with all its fragments at the end."""
    for name in page.evaluate("() => [...document.querySelectorAll('.slides > section > section')].map(s => s.id)"):
        fragments = page.evaluate("name => document.querySelectorAll(`#${name} .fragment`).length", name)
        for shown in range(0 if fragment_by_fragment else fragments, fragments + 1):
            show(page, name, shown)
            yield f"{name}-{shown}" if fragment_by_fragment and fragments else name


def show(page, name, fragments=0):
    page.evaluate("([name, shown]) => { location.hash = `#/${name}/${shown - 1}`; }", [name, fragments])
    wait(
        page,
        """([name, shown]) => {
            const slide = document.querySelector('section.present > section.present');
            return slide.id === name && slide.querySelectorAll('.fragment.visible').length === shown
                && document.getAnimations().every(animation => animation.playState !== 'running');
        }""",
        [name, fragments],
    )
