"""The built site: what a reader meets on a phone, from a USB stick, without JavaScript, with a keyboard alone."""

import functools
import gzip
import http.server
import re
import statistics
import subprocess
import threading
from itertools import pairwise

import nbformat
import pytest

from tests.browser import figures, live
from tests.browser.test_every_slide import OUTSIDE

ROOT = live.NOTEBOOKS.parent
SITE = ROOT / "site"
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
AXE_RUN = """async ([exclude, options]) => (await axe.run({exclude}, options)).violations.map(({id, impact, nodes}) =>
    ({id, impact, nodes: nodes.slice(0, 3).map(({html, failureSummary}) => [html.slice(0, 200), failureSummary])}))"""
LESSONS = sorted(path.stem for path in live.NOTEBOOKS.glob("*.ipynb"))
PAGES = ["index", *LESSONS, "search"]
HEAVIEST = "02_weighted_bce"
PHONE = {"width": 375, "height": 740}
FRAME = 1000 / 60  # milliseconds


@functools.cache
def explorers(lesson):
    return figures.explorers(f"{lesson}.ipynb")


class Compressing(http.server.SimpleHTTPRequestHandler):
    """Serves the site as a static host does, compressed."""

    def do_GET(self):
        file = SITE / self.path.split("?")[0].lstrip("/")
        if not file.is_file():
            return self.send_error(404)
        body = gzip.compress(file.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def addresses():
    """The site, built if it is not yet, and where it is found."""
    made = subprocess.run(["make", "site"], cwd=ROOT, capture_output=True, text=True)
    assert made.returncode == 0, f"the site could not be built:\n{made.stdout[-2000:]}\n{made.stderr[-2000:]}"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Compressing) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield {"http": f"http://127.0.0.1:{running.server_port}", "file": SITE.as_uri()}
        running.shutdown()


@pytest.fixture
def open_page(browser, addresses):
    """Opens an address of the site in a profile of its own; at the end nothing may have been wrong there."""
    opened = []

    def open_page(address, scheme="file", **options):
        context = browser.browser.new_context(**{"viewport": live.SIZE} | options)
        page = context.new_page()
        opened.append((context, live.Recorder(page)))
        page.goto(f"{addresses[scheme]}/{address}")
        return page

    yield open_page
    for context, recorder in opened:
        context.close()
        assert not recorder.problems


class Figure:
    """One figure on a page without widgets: its native sliders, its readout, its curves."""

    STATE = """root => {
        const sliders = [...root.querySelectorAll('input[type=range]')];
        const numbers = [...root.querySelectorAll('.lossutils-number')];
        return [sliders.map(slider => [slider.valueAsNumber, slider.getAttribute('aria-valuetext')]),
            numbers.map(output => [+output.dataset.panel, +output.dataset.curve, output.textContent])];
    }"""
    PATHS = "root => [...root.querySelectorAll('[id*=curve-] path')].map(path => path.getAttribute('d'))"

    def __init__(self, page, explorer, number):
        self.page, self.explorer, self.variables = page, explorer, explorer._variables
        self.root = page.locator(".lossutils-explorer").nth(number)
        self.sliders = self.root.locator("input[type=range]")
        assert self.sliders.count() == len(self.variables)

    def positions(self):
        return self.sliders.evaluate_all("all => all.map(slider => slider.valueAsNumber)")

    def paths(self):
        return self.root.evaluate(self.PATHS)

    def check(self):
        """The readout shows what `.at()` computes where the sliders stand, and the sliders say where that is."""
        sliders, shown = self.root.evaluate(self.STATE)
        places = [(variable, k) for variable, (k, _) in zip(self.variables, sliders, strict=True)]
        assert [said for _, said in sliders] == [variable.text(k) for variable, k in places]
        expected = self.explorer.at(**{variable.name: variable.values[k] for variable, k in places})
        numbers = [list(curves.values()) for curves in expected.values()]
        assert len(shown) == sum(map(len, numbers))
        for panel, curve, text in shown:
            assert number(text) == pytest.approx(numbers[panel][curve], rel=1e-3, abs=1e-6, nan_ok=True)

    def check_keyboard(self):
        self.sliders.first.focus()
        for i, variable in enumerate(self.variables):
            assert self.sliders.nth(i).evaluate("slider => slider === document.activeElement")
            for key, place in (("Home", 0), ("ArrowRight", 1)):
                self.page.keyboard.press(key)
                assert self.positions()[i] == min(place, len(variable.values) - 1)
            self.check()
            self.page.keyboard.press("Tab")

    def check_drag(self):
        slider = self.sliders.last
        slider.hover()
        box = slider.bounding_box()
        y, mouse = box["y"] + box["height"] / 2, self.page.mouse
        seen = []
        for i, part in enumerate((0.05, 0.55, 0.95)):
            mouse.move(box["x"] + part * box["width"], y)
            if i == 0:
                mouse.down()
            self.check()
            seen.append((self.positions(), self.paths()))
        mouse.up()
        self.check()
        assert all(old[0] != new[0] for old, new in pairwise(seen))
        if len(self.variables) > 1 and self.variables[-1].labels is None:  # that of the axis moves the markers alone
            assert all(old[1] != new[1] for old, new in pairwise(seen))


def number(text):
    return float(text.replace("∞", "inf").replace("undefined", "nan"))


def figures_of(page, lesson):
    assert page.locator(".lossutils-explorer").count() == len(explorers(lesson))
    return [Figure(page, explorer, number) for number, explorer in enumerate(explorers(lesson))]


# For every row of the table that stands below a figure, written by `.at()`: what the readout shows there, and the row.
ROWS = """root => {
    const [axis] = JSON.parse(root.querySelector('script').textContent).meta.variables;
    const slider = root.querySelector('input[type=range]');
    const numbers = [...root.querySelectorAll('.lossutils-number')]
        .sort((a, b) => a.dataset.panel - b.dataset.panel || a.dataset.curve - b.dataset.curve);
    return [...root.querySelectorAll('tbody tr')].map(row => {
        const where = row.querySelector('th').textContent;
        slider.valueAsNumber = axis.labels ? axis.labels.indexOf(where) : Math.round((where - axis.low) / axis.step);
        slider.dispatchEvent(new Event('input'));
        return [slider.getAttribute('aria-valuetext'), where,
            numbers.map(output => output.textContent), [...row.querySelectorAll('td')].map(cell => cell.textContent)];
    });
}"""


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_figure_of_a_page(open_page, lesson):
    page = open_page(f"{lesson}.html")
    page.evaluate("() => document.querySelectorAll('details').forEach(details => { details.open = true; })")
    for root in page.locator(".lossutils-explorer").all():
        rows = root.evaluate(ROWS)
        assert len(rows) >= 3
        for said, where, shown, expected in rows:
            assert said == where
            assert [number(text) for text in shown] == pytest.approx(
                [number(text) for text in expected], rel=1e-3, abs=1e-6, nan_ok=True
            )
        slider = root.locator("input[type=range]").last
        slider.hover()  # waits until the page around it has come to rest
        box = slider.bounding_box()
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
        page.mouse.down()
        before = root.evaluate("root => root.querySelector('.lossutils-figure').innerHTML")
        page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
        page.mouse.up()
        assert root.evaluate("root => root.querySelector('.lossutils-figure').innerHTML") != before


@pytest.mark.parametrize("lesson", [LESSONS[1], LESSONS[3], LESSONS[5]])
def test_every_slider_of_a_page(open_page, lesson):
    page = open_page(f"{lesson}.html", "http" if lesson == LESSONS[1] else "file")
    page.evaluate("() => document.querySelectorAll('details').forEach(details => { details.open = true; })")
    for figure in figures_of(page, lesson):
        figure.check()
        figure.check_keyboard()
        figure.check_drag()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_on_a_phone(open_page, name):
    page = open_page(f"{name}.html", viewport=PHONE)
    assert page.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"]
    missing = [
        link for link in page.evaluate("() => [...document.links].map(link => link.getAttribute('href'))")
        if not re.match(r"https?:|#", link) and not (SITE / link.split("#")[0]).is_file()
    ]  # fmt: skip
    assert not missing


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_page_without_javascript(open_page, lesson):
    page = open_page(f"{lesson}.html", java_script_enabled=False, viewport=PHONE)
    page.locator("h1").wait_for()
    stills = page.locator(".lossutils-still:not(details *)")
    assert stills.count()
    for still in stills.all():
        assert still.locator("img").is_visible()
        assert still.locator("td").count() >= 3
        assert still.locator("td").first.is_visible()
    assert page.locator(".katex").first.is_visible()


@pytest.mark.parametrize("name", PAGES)
def test_accessibility(open_page, name):
    page = open_page(f"{name}.html", color_scheme="light")
    page.add_script_tag(path=AXE)
    page.add_style_tag(content="section { content-visibility: visible !important; }")  # what is not painted is not seen
    # Formulas and coloured code are the same everywhere and hundreds of elements each: one lesson stands for all.
    beside = [] if name == "00_start_here" else [".katex", ".highlight", "svg"]
    # No preload: it asks for the style sheets once more, which a browser refuses on file://.
    options = {"resultTypes": ["violations"], "preload": False}
    found = page.evaluate(AXE_RUN, [beside, options])
    if name in PAGES[:3]:  # in the dark only the colours are others, and they are the same on every page
        page.emulate_media(color_scheme="dark")
        found += page.evaluate(AXE_RUN, [beside, options | {"runOnly": ["color-contrast"]}])
    assert not [violation for violation in found if violation["impact"] in ("serious", "critical")]


def test_the_dark_mode_switch(open_page):
    page = open_page("01_bce_by_hand.html", color_scheme="light")
    colours = []
    for _ in range(3):
        colours.append(
            page.locator(".lossutils-figure").first.evaluate(
                "figure => getComputedStyle(figure).getPropertyValue('--lossutils-0')"
            )
        )
        page.locator(".theme-toggle-content button").click()
    assert len(set(colours)) == 2


def test_search_needs_no_server(open_page):
    page = open_page("search.html?q=entropy")
    page.locator("#search-results li a").first.wait_for()


@pytest.mark.parametrize("lesson", LESSONS)
def test_weight_and_first_paint(open_page, addresses, lesson):
    page = open_page("search.html", "http")  # an empty cache, a browser that is awake
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes, paints = [], []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    while len(paints) < 3 and min(paints, default=1000) >= 1000:  # what comes between is other tests' time
        sizes.clear()
        page.goto(f"{addresses['http']}/{lesson}.html")
        live.wait(page, "() => performance.getEntriesByName('first-contentful-paint').length")
        paints.append(page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    paint = min(paints)
    print(f"{lesson}: {sum(sizes) / 1e6:.2f} MB transferred, first contentful paint after {paint:.0f} ms")
    assert sum(sizes) <= 1.5e6
    assert paint < 1000


# A step, its redraw and the layout that follows; what remains to the frame is painting.
STEPS = """async () => {
    const times = [];
    for (const slider of document.querySelectorAll('.lossutils-explorer input[type=range]')) {
        slider.scrollIntoView({block: 'center', behavior: 'instant'});
        slider.value = 0;
        for (let i = 0; i < 9; i++) {
            await new Promise(requestAnimationFrame);
            const start = performance.now();
            slider.stepUp();
            slider.dispatchEvent(new Event('input'));
            const redrawn = performance.now();
            slider.closest('.lossutils-explorer').getBoundingClientRect();
            times.push([redrawn - start, performance.now() - start]);
        }
    }
    return times;
}"""


@pytest.mark.parametrize("lesson", [HEAVIEST, "03_focal_loss"])
def test_a_redraw_takes_one_frame_on_a_slow_phone(open_page, lesson):
    page = open_page(f"{lesson}.html", viewport=PHONE)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    times = page.evaluate(STEPS)
    redraw, layout = (statistics.median(each) for each in zip(*times, strict=True))
    print(f"{lesson}: a step is redrawn after {redraw:.1f} ms, laid out after {layout:.1f} ms (CPU 4 times slower)")
    assert layout < FRAME


@pytest.mark.parametrize("lesson", LESSONS)
def test_slides(open_page, lesson):
    page = open_page(f"slides/{lesson}.html")
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.wait_for_selector(".reveal.ready .slides section.present")
    if lesson in LESSONS[1:5]:  # the sheet is RISE's, and there every slide of every lesson is measured
        outside = {slide: problems for slide in live.slides(page) if (problems := page.evaluate(OUTSIDE))}
        assert not outside
    cells = nbformat.read(live.NOTEBOOKS / f"{lesson}.ipynb", as_version=4).cells
    notes = [cell for cell in cells if cell.metadata.slideshow.slide_type == "notes"]
    assert page.locator("aside.notes p").count() >= len(notes)
    assert page.locator(".lossutils-explorer").count() == page.locator(".lossutils-live-now").count() > 0
    assert not [url for url in requests if not url.startswith("data:")]


def test_the_sliders_of_a_slide(open_page):
    lesson = "01_bce_by_hand"
    page = open_page(f"slides/{lesson}.html")
    page.wait_for_selector(".reveal.ready .slides section.present")
    shown = page.evaluate("""() => [...document.querySelectorAll('.lossutils-explorer')].map(explorer =>
        [explorer.closest('section').id, explorer.closest('section').querySelectorAll('.fragment').length])""")
    figure = Figure(page, explorers(lesson)[1], 1)
    live.show(page, *shown[1])
    figure.check_keyboard()
    figure.check_drag()
    now = "() => document.querySelector('section.present > section.present').id"
    assert page.evaluate(now) == shown[1][0], "a key that belongs to a slider has moved the slides"
    figure.sliders.first.focus()
    page.keyboard.press("Space")
    live.wait(page, f"slide => ({now})() !== slide", shown[1][0])


def test_the_speaker_view(open_page):
    page = open_page("slides/01_bce_by_hand.html")
    page.wait_for_selector(".reveal.ready .slides section.present")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    opened.value.locator("#current-slide, .speaker-controls-notes").first.wait_for(state="attached")


@pytest.mark.parametrize("lesson", LESSONS)
def test_there_is_a_handout_and_the_notebook_itself(addresses, lesson):
    assert (SITE / f"handouts/{lesson}.pdf").read_bytes().startswith(b"%PDF")
    assert (SITE / f"notebooks/{lesson}.ipynb").read_bytes() == (live.NOTEBOOKS / f"{lesson}.ipynb").read_bytes()


def test_a_second_build_does_nothing(addresses):
    made = subprocess.run(["make", "site"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "python" not in made.stdout
    assert "sphinx" not in made.stdout
