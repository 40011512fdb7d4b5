"""The picture that moves on the README's first screen, and a still one: `make pictures` draws both anew.

They show the real figure, moved in a real browser. Both are kept with the sources, since the README shows them where
nothing has been built.
"""

import io
import os
import pathlib
from itertools import pairwise

from PIL import Image

from lossutils import explore, focal_loss
from web import figures
from web.browser import browser as start

HERE = pathlib.Path(__file__).parent
MOVING, STILL = HERE / "figure.webp", HERE / "figure.png"
SIZE = {"width": 900, "height": 700}
# The places (p, γ) to stop at, each with the frames of the way to it. It ends where it starts, so that it can go on.
WAY = ((0.6, 0, 0), (0.6, 2, 14), (0.9, 2, 14), (0.9, 5, 12), (0.2, 5, 22), (0.6, 5, 14), (0.6, 0, 16))
STILL_AT = 1  # of these places
FRAME, REST = 60, 1200  # milliseconds
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A slider figure</title>
<style>body {{ margin: 0; padding: 12px; background: #fff }} {style}</style>{figure}<script>{script}</script></html>"""
# A hand on the sliders; the figure answers within the same frame.
MOVE = """async values => {
    document.querySelectorAll('input[type=range]').forEach((slider, i) => {
        slider.valueAsNumber = values[i];
        slider.dispatchEvent(new Event('input', {bubbles: true}));
    });
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}"""


def page():
    figure = explore(
        {
            "cross entropy": lambda p: focal_loss(p, 1, gamma=0, reduction="none"),
            "focal loss": lambda p, gamma: focal_loss(p, 1, gamma=gamma, reduction="none"),
        },
        p=(0.01, 0.99, 0.01, 0.6), gamma=(0, 5, 0.1, 0), limits={"loss": (0, 3), "gradient": (-8, 0)},
    )  # fmt: skip
    os.environ["LOSSUTILS_RENDERER"] = "html"
    moving = figure._repr_mimebundle_()["text/html"]
    return PAGE.format(style=figures.style(), figure=moving, script=figures.script())


def steps():
    """(p, γ, milliseconds) of each frame. A move starts slowly and ends slowly, as a hand moves."""
    for (p0, gamma0, _), (p, gamma, count) in pairwise(WAY):
        for i in range(1, count + 1):
            part = i / count
            part = part * part * (3 - 2 * part)
            yield p0 + part * (p - p0), gamma0 + part * (gamma - gamma0), REST if i == count else FRAME


def frames(browser):
    tab = browser.new_page(viewport=SIZE, device_scale_factor=1.25, color_scheme="light")
    tab.set_content(page())
    body = tab.locator("body")
    for p, gamma, time in steps():
        tab.evaluate(MOVE, [round(100 * p) - 1, round(10 * gamma)])
        yield Image.open(io.BytesIO(body.screenshot())).convert("RGB"), time


def main():
    with start() as browser:
        pictures, times = zip(*frames(browser), strict=True)
    pictures[0].save(MOVING, save_all=True, append_images=pictures[1:], duration=times, loop=0, lossless=True, method=6)
    still = pictures[sum(count for *_, count in WAY[: STILL_AT + 1]) - 1]
    still.quantize(64).save(STILL, optimize=True)
    for file in (MOVING, STILL):
        print(f"{file.relative_to(HERE.parent)}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
