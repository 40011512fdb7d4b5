"""A class on the hub of `make hub`: what N students who arrive one after another wait for, and what they cost.

A student logs in, opens lesson 01 by the link that an instructor gives, runs all of it, saves it, and then hands in an
answer every few seconds until the last of the class has run the lesson. N of them are played by requests and websocket,
with every request that JupyterLab was seen to make; forty browsers do not fit on the machine of a hub, where nobody
expects them. One more has a real browser, and moves a slider all the time.

Prints for each N: seconds from login until the student's server answers and until the lesson was run, milliseconds from
an answer handed in to what `check` says of it, milliseconds from a key on a slider to the changed figure (goal: a
frame, however many there are, for no kernel is asked), processor seconds and PSS a student (goal: 300 MB), which counts
a page of memory that several share in parts, and that of the hub with its proxy. Says each error, and then fails.

Run it with `python -m benchmarks.classroom 1 5 20 40`, on Linux, as root for an account for each student; --every gives
the seconds between two arrivals, 0 for all at once. Each student costs some ten seconds of a core.
"""

import argparse
import collections
import concurrent.futures
import json
import re
import sys
import threading
import time
import uuid

import nbformat
import numpy as np
import psutil
import requests
import websocket

from benchmarks.sliders import STEP, WATCH
from tests.browser import live
from tests.browser.hub import LESSON, Student, hub
from web.browser import browser as start

CHECKS, PAUSE = 12, 5  # answers that each hands in at least, and seconds between two
ANSWER = "my_bce = lambda p, y: -(y * p.log() + (1 - y) * (1 - p).log()).mean()\ncheck('bce', my_bce)"
TEACHER, BROWSER = "lossutils-host", "lossutils-browser"  # and lossutils-1, …: accounts that no test makes
PAGE = f"lab/tree/losses/notebooks/{LESSON}"
FIGURES = {
    "until ready, s": (50, 95),
    "lesson, s": (50, 95),
    "answer, ms": (50, 95),
    "slider, ms": (50, 95),
    "CPU, s": (50,),
    "server, MB": (50,),
    "kernel, MB": (50,),
    "student, MB": (50, 100),
}


class Kernel:
    """The kernel of a notebook, spoken to as JupyterLab does."""

    def __init__(self, http, server, path):
        xsrf = http.cookies.get("_xsrf", path=requests.utils.urlparse(server).path)
        wanted = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        session = http.post(f"{server}api/sessions", json=wanted, headers={"X-XSRFToken": xsrf})
        session.raise_for_status()
        self.session = uuid.uuid4().hex
        channels = f"{server}api/kernels/{session.json()['kernel']['id']}/channels?session_id={self.session}"
        prepared = http.prepare_request(requests.Request("GET", channels))
        self.socket = websocket.create_connection(
            channels.replace("http", "ws", 1), cookie=prepared.headers["Cookie"], timeout=live.PATIENCE / 1000
        )

    def run(self, code):
        """The outputs, when the kernel has nothing left to do. Raises RuntimeError with the traceback of an error."""
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": self.session, "username": ""}
        header |= {"version": "5.3", "date": ""}
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self.socket.send(json.dumps(message))
        outputs, left = [], {"execute_reply", "idle"}
        while left:
            data = self.socket.recv()
            if isinstance(data, bytes):  # a widget's numbers
                continue
            answer = json.loads(data)
            if answer["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            kind, content = answer["msg_type"], answer["content"]
            left -= {kind, content.get("execution_state")}
            if kind == "error":
                raise RuntimeError("\n".join(content["traceback"]))
            if kind in {"stream", "display_data", "execute_result"}:
                outputs.append(nbformat.v4.output_from_msg(answer))
        return outputs


def log_in(http, hub, name):
    """Until the student's server answers."""
    form = http.get(hub.link(PAGE))
    said = {"username": name, "password": hub.password(name), "_xsrf": http.cookies.get("_xsrf", path="/hub/")}
    page = http.post(form.url, data=said)
    page.raise_for_status()
    if progress := re.search(r'EventSource\("([^"]+)"\)', page.text):  # the page that waits for the server
        http.get(requests.compat.urljoin(hub.url, progress[1].encode().decode("unicode-escape"))).raise_for_status()
        page = http.get(hub.link(PAGE))
    page.raise_for_status()
    if f"/user/{name}/" not in page.url:
        raise RuntimeError(f"the hub did not start the server of {name}: {page.url}")


def attend(hub, name, visits, ran, note):
    """All that a student does. `visits` are the requests of a browser, `ran` is passed when all have run the lesson."""
    http, server = requests.Session(), f"{hub.url}user/{name}/"
    http.trust_env = False
    began = time.monotonic()
    try:
        log_in(http, hub, name)
        note("until ready, s", time.monotonic() - began)
        for visit in visits:
            http.get(server + visit).raise_for_status()
        path = PAGE.removeprefix("lab/tree/")
        file = http.get(f"{server}api/contents/{path}").json()
        kernel = Kernel(http, server, path)
        for cell in file["content"]["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = kernel.run(cell["source"])
        note("lesson, s", time.monotonic() - began)
        xsrf = http.cookies.get("_xsrf", path=f"/user/{name}/")
        http.put(f"{server}api/contents/{path}", json=file, headers={"X-XSRFToken": xsrf}).raise_for_status()
    finally:
        ran.arrive()
    count = 0
    while count < CHECKS or not ran.all.is_set():
        time.sleep(PAUSE)
        asked = time.monotonic()
        said = kernel.run(ANSWER)
        note("answer, ms", 1000 * (time.monotonic() - asked))
        if "Passed" not in str(said):
            raise RuntimeError(f"check says of a right answer: {said}")
        count += 1


class Ran:
    """Set when all have arrived, who never wait for it themselves."""

    def __init__(self, count):
        self.left, self.lock, self.all = count, threading.Lock(), threading.Event()

    def arrive(self):
        with self.lock:
            self.left -= 1
            if not self.left:
                self.all.set()


def cost(names, note):
    """Notes CPU seconds and MB of each student's server and kernels."""
    for process in psutil.process_iter():
        try:
            if "jupyterhub.singleuser" not in process.cmdline() or process.environ()["JUPYTERHUB_USER"] not in names:
                continue
        except psutil.Error:
            continue
        everything = [process, *process.children(recursive=True)]
        server, *kernels = (one.memory_full_info().pss / 1e6 for one in everything)
        note("server, MB", server)
        note("kernel, MB", sum(kernels))
        note("student, MB", server + sum(kernels))
        note("CPU, s", sum(sum(one.cpu_times()[:2]) for one in everything))


def lesson(count, every, chromium):
    """The figures of a class, each a list, and what went wrong."""
    figures, errors = collections.defaultdict(list), []

    def note(name, figure):
        figures[name].append(figure)

    names = [f"lossutils-{number}" for number in range(1, count + 1)]
    with hub(TEACHER, BROWSER, *names) as running, concurrent.futures.ThreadPoolExecutor(count) as pool:
        in_browser = Student(chromium, running, BROWSER)
        own = f"{running.url}user/{BROWSER}/"
        # What belongs to its own kernel is nothing that another student can ask for.
        visits = [
            url.removeprefix(own)
            for url in in_browser.recorder.requests
            if url.startswith(own) and not re.search(r"/api/(sessions|kernels|me)|oauth_callback", url)
        ]
        in_browser.run_all()
        in_browser.page.evaluate(WATCH)
        ran = Ran(count)

        def arrive(number):
            time.sleep(number * every)
            attend(running, names[number], visits, ran, note)

        students = [pool.submit(arrive, number) for number in range(count)]
        while not all(student.done() for student in students):
            keys = ["ArrowRight", "ArrowLeft"] * 5
            figures["slider, ms"] += [in_browser.page.evaluate(STEP, key) for key in keys]
        for name, student in zip(names, students, strict=True):
            if error := student.exception():
                errors.append(f"{name}: {error}")
        errors += [f"{BROWSER}: {problem}" for problem in in_browser.recorder.problems]
        if errors:
            errors.append(f"the hub: {running.log.read_text()[-5000:]}")
        cost(names, note)
        in_browser.context.close()
    return figures, errors


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("students", type=int, nargs="+", help="how many; a class for each number")
    parser.add_argument("--every", type=float, default=8, help="seconds between two arrivals (8)")
    arguments = parser.parse_args()
    failed = False
    with start() as chromium:
        for count in arguments.students:
            figures, errors = lesson(count, arguments.every, chromium)
            print(f"{count} students, one every {arguments.every:g} s; errors: {len(errors)}")
            for name, shown in FIGURES.items():
                if figures[name]:
                    values = np.percentile(figures[name], shown)
                    text = "   ".join(f"p{p} {value:8.1f}" for p, value in zip(shown, values, strict=True))
                    print(f"  {name:16}{text}   of {len(figures[name])}", flush=True)
            if errors:
                print(*errors, sep="\n", file=sys.stderr, flush=True)
            failed |= bool(errors)
    sys.exit(failed)


if __name__ == "__main__":
    main()
