"""The built site: its pages, a server for them, and its slider figures, which are no widgets."""

import base64
import contextlib
import functools
import gzip
import http.server
import json
import re
import threading
from itertools import pairwise

import numpy as np
import pytest

from tests.browser import live
from web.reference import FAMILIES

ROOT = live.NOTEBOOKS.parent
SITE = ROOT / "site"
LESSONS = sorted(path.stem for path in live.NOTEBOOKS.glob("*.ipynb"))
REFERENCE = ["reference/index", *(f"reference/{family}" for family in FAMILIES)]
PAGES = [*LESSONS, "playground", "index", "search", *REFERENCE]
PHONE = {"width": 375, "height": 740}
ZOOMED = {side: length // 2 for side, length in live.SIZE.items()}  # 200 % on the smallest of the computers


@functools.cache
def compressed(file):
    return gzip.compress(file.read_bytes())


class Compressing(http.server.SimpleHTTPRequestHandler):
    """Serves the site as a static host does, compressed."""

    def do_GET(self):
        file = SITE / self.path.split("?")[0].lstrip("/")
        if not file.is_file():
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(compressed(file))))
        self.end_headers()
        self.wfile.write(compressed(file))

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def served():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Compressing) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def weight(tab, address):
    """The bytes that a page asks for, as they travel, with an empty cache."""
    network = tab.context.new_cdp_session(tab)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tab.goto(address, wait_until="networkidle")
    return sum(sizes)


def numbers(text):
    """One, or the two of a pair in brackets."""
    text = text.replace("−", "-").replace("∞", "inf").replace("undefined", "nan")
    return [float(part) for part in text.strip("()").split(", ")]


def same(shown, expected):
    """A readout's text against numbers, to the digits that it shows."""
    decimals = re.findall(r"\.(\d+)$", shown.strip(")"))
    last = 0.6 * 10.0 ** -len(decimals[-1]) if decimals else 1e-6
    return numbers(shown) == pytest.approx(expected, rel=1e-3, abs=last, nan_ok=True)


# A slider has followed the mouse: a busy page hears of a move with its next frame.
ARRIVED = "([slider, part]) => Math.abs(slider.value / slider.max - part) < Math.max(0.1, 0.6 / slider.max)"
# Until a figure's text for screen readers, which is written last, says what its sliders say.
DRAWN = """async root => {
    const {variables} = JSON.parse(root.querySelector('script').textContent).meta;
    const sliders = [...root.querySelectorAll('input[type=range]')], live = root.querySelector('.lossutils-live');
    const said = () => sliders.map((s, i) => `${variables[i].symbol} = ${s.getAttribute('aria-valuetext')}`).join(', ');
    while (!live.textContent.startsWith(`${said()}:`)) await new Promise(done => setTimeout(done, 1));
}"""


class Figure:
    """One figure: its native sliders, its readout, its curves, and the table that it was given."""

    STATE = """async root => {
        await (DRAWN)(root);
        const sliders = [...root.querySelectorAll('input[type=range]')];
        const numbers = [...root.querySelectorAll('.lossutils-number')];
        return [sliders.map(slider => [slider.valueAsNumber, slider.getAttribute('aria-valuetext')]),
            numbers.map(output => [+output.dataset.panel, +output.dataset.curve, output.textContent]),
            [...root.querySelectorAll('[id*=curve-] path')].map(path => path.getAttribute('d'))];
    }""".replace("DRAWN", DRAWN)

    def __init__(self, page, root):
        self.page, self.root = page, root
        self.sliders = root.locator("input[type=range]")
        given = json.loads(root.locator("script").text_content())
        self.variables, self.panels = given["meta"]["variables"], given["meta"]["panels"]
        planes = np.frombuffer(base64.b64decode(given["table"]), np.uint8).reshape(4, -1)  # as page.py packs it
        bits = np.ascontiguousarray(planes.T).view("<u4").ravel().cumsum(dtype=np.uint32).cumsum(dtype=np.uint32)
        self.table = bits.view(np.float32)
        self.is_read = any(name["marks"] for name in given["meta"]["names"])
        self.moves = {v for panel in self.panels for mark in panel["marks"] for v in mark["sliders"]}

    def expected(self, panel, curve, places):
        """The number of a curve where the sliders stand; for planes test_planes.py asks `.at()`."""
        mark = self.panels[panel]["marks"][curve]
        if "values" not in mark:
            return None
        shape = [self.variables[v]["count"] for v in (*mark["sliders"], 0)]
        row = np.ravel_multi_index([places[v] for v in (*mark["sliders"], 0)], shape)
        return [self.table[mark["values"] + row]]

    def check(self):
        """The readout shows what the table has where the sliders stand, and the sliders say where that is."""
        sliders, shown, paths = self.root.evaluate(self.STATE)
        places = [k for k, _ in sliders]
        for variable, (k, said) in zip(self.variables, sliders, strict=True):
            value = variable["low"] + k * variable["step"]
            assert said == (variable["labels"][k] if variable["labels"] else f"{value:.{variable['digits']}f}")
        for panel, curve, text in shown:
            expected = self.expected(panel, curve, places)
            assert expected is None or same(text, expected)
        return places, paths

    def check_keyboard(self):
        self.sliders.first.focus()
        for i, variable in enumerate(self.variables):
            assert self.sliders.nth(i).evaluate("slider => slider === document.activeElement")
            for key, place in (("Home", 0), ("ArrowRight", 1)):
                self.page.keyboard.press(key)
                places, _ = self.check()
                assert places[i] == min(place, variable["count"] - 1)
            self.page.keyboard.press("Tab")

    def check_drag(self):
        slider = self.sliders.last
        slider.hover()  # waits until the page around it has come to rest
        box = slider.bounding_box()
        y, mouse = box["y"] + box["height"] / 2, self.page.mouse
        seen = []
        for i, part in enumerate((0.05, 0.95, 0.4)):
            mouse.move(box["x"] + part * box["width"], y)
            if i == 0:
                mouse.down()
            live.wait(self.page, ARRIVED, [slider.element_handle(), part])
            seen.append(self.check())
        mouse.up()
        assert self.check() == seen[-1]
        assert all(old[0] != new[0] for old, new in pairwise(seen))
        if len(self.variables) - 1 in self.moves and not self.variables[-1]["labels"]:  # others move markers alone
            assert all(old[1] != new[1] for old, new in pairwise(seen))


def figures(page):
    return [Figure(page, root) for root in page.locator(".lossutils-explorer").all()]
