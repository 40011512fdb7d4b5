"""How soon a page of the site is seen, and how soon its figures follow a slider on a slow phone.

Prints for the first page (goal: half a second) and for every lesson (goal: a second) the first contentful paint over
http from an empty cache, and the redraw of a step of a slider with the layout that follows (goal: a frame), the
processor four times slower. What remains to the frame is painting. Then the same for the slider that moves whole maps
(goals: a frame, and 50 ms with layout), and for a key in the playground (goal: a frame).

Run it with `python -m benchmarks.pages` after `make site`.
"""

import pathlib
import statistics
import tempfile

from tests import planes
from tests.browser import live
from tests.browser.pages import LESSONS, PHONE, served
from web.browser import browser as start

FRAME = 1000 / 60  # milliseconds
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
STEPS = """async ([sliders, count]) => {
    const times = [];
    for (const slider of document.querySelectorAll(`.lossutils-explorer:not(details *) ${sliders}`)) {
        slider.scrollIntoView({block: 'center', behavior: 'instant'});
        slider.value = 0;
        for (let i = 0; i < count; i++) {
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

# A formula as it is typed: what is not one yet is not counted.
TYPED = """async ([formula, from]) => {
    const input = document.querySelector('.playground [name=formula]'), times = [];
    for (let i = from; i <= formula.length; i++) {
        await new Promise(requestAnimationFrame);
        const start = performance.now();
        input.value = formula.slice(0, i);
        input.dispatchEvent(new Event('input'));
        const redrawn = performance.now();
        input.getBoundingClientRect();
        if (!input.hasAttribute('aria-invalid')) times.push([redrawn - start, performance.now() - start]);
    }
    return times;
}"""
FORMULAS = (
    ("one parameter", "-(1-p)^gamma*log(p)*1.0625", 12),
    ("label, two more", "-(a*y*log(p) + b*(1-y)*log(1-p))*1.0625", 28),
)


def first_paint(page, address):
    """The median of five, each from an empty cache, in a browser that is awake."""
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    paints = []
    for _ in range(5):
        page.goto(address)
        paints.append(live.wait(page, PAINT).json_value())
    return statistics.median(paints)


def step(page, address, sliders="input[type=range]", count=9):
    """A step's redraw, and redraw with layout: the medians over all these sliders of the page."""
    page.goto(address)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    return [statistics.median(each) for each in zip(*page.evaluate(STEPS, [sliders, count]), strict=True)]


def keys(page, address, formula, first):
    """A key's redraw, and redraw with layout: the medians over the keys that make a formula."""
    page.goto(address)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.evaluate(TYPED, [formula, first])  # the functions are compiled when someone types
    return [statistics.median(each) for each in zip(*page.evaluate(TYPED, [formula, first]), strict=True)]


def main():
    with start() as browser, served() as host:
        print(f"{'':24}{'first paint':>12}{'redraw':>9}{'with layout':>13}")
        print(f"{'goal':24}{'< 500/1000':>12}{'':9}{f'< {FRAME:.1f}':>13}  milliseconds")
        for lesson in ["index", *LESSONS]:
            page, phone = browser.new_page(viewport=live.SIZE), browser.new_page(viewport=PHONE)
            page.goto(f"{host}/search.html")
            paint = first_paint(page, f"{host}/{lesson}.html")
            redraw, layout = step(phone, f"{host}/{lesson}.html")
            print(f"{lesson:24}{paint:12.0f}{redraw:9.1f}{layout:13.1f}", flush=True)
            page.context.close()
            phone.context.close()
        print(f"{'goal':24}{'':12}{f'< {FRAME:.1f}':>9}{'< 50':>13}")
        for name, cell in (("one map", planes.ONE_MAP), ("two maps, points", planes.TWO_MAPS)):
            with tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder) / "page.html"
                file.write_text(planes.page(planes.figure(planes.DATA, cell)), encoding="utf-8")
                phone = browser.new_page(viewport=PHONE)
                redraw, layout = step(phone, file.as_uri(), "label:last-child input", 40)
                print(f"{name:24}{'':12}{redraw:9.1f}{layout:13.1f}", flush=True)
                phone.context.close()

        print(f"{'goal':24}{'':12}{'':9}{f'< {FRAME:.1f}':>13}")
        for name, formula, first in FORMULAS:
            phone = browser.new_page(viewport=PHONE)
            redraw, layout = keys(phone, f"{host}/playground.html", formula, first)
            print(f"{name:24}{'':12}{redraw:9.1f}{layout:13.1f}", flush=True)
            phone.context.close()


if __name__ == "__main__":
    main()
