"""Slider to redrawn figure in JupyterLab: `explore` beside what a user would pick instead, in one run.

Contenders: `ipywidgets.interact` drawing with inline matplotlib, and ipympl moving the lines of a live canvas. All
three show the same two panels with the same two curves; then the same map of 61 × 61 places with 200 points and 3
paths of 300 steps. Last, two maps and a panel of points. A step is a key press on the handle of the last slider; it is
redrawn when the picture in the page has changed (the figure's text for screen readers, which is written last, the
image, the canvas). A drag is 90 mouse moves. Goals for a map: median 6 ms, p95 a frame; for two: median 10 ms.

Run it with `python -m benchmarks.sliders`; it needs Chromium, and ipympl from benchmarks/requirements.txt.
"""

import tempfile
from pathlib import Path

import nbformat
import numpy as np

from tests import planes
from tests.browser.live import SIZE, open_lab, run_lab, server, wait
from web.browser import browser as start

STEPS = 40
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
CURVES = """
import torch, ipywidgets, matplotlib.pyplot as plt
from lossutils import explore
p = torch.linspace(0.001, 0.999, 999)
def curves(gamma):
    q = p.clone().requires_grad_()
    loss = [-torch.log(q), -(1 - q) ** gamma * torch.log(q)]
    return [l.detach() for l in loss], [torch.autograd.grad(l.sum(), q)[0] for l in loss]
def draw(gamma):
    figure, panels = plt.subplots(1, 2, figsize=(11, 4))
    lines = [ax.plot(p, y)[0] for ax, ys in zip(panels, curves(gamma)) for y in ys]
    panels[1].set_ylim(-20, 1)
    return figure, lines
"""
MAP = (
    planes.DATA
    + """
import ipywidgets, matplotlib.pyplot as plt
w1 = w2 = torch.linspace(-2.5, 5, 61, dtype=torch.float64)
def draw(axes, lambda_):
    cost = cross_entropy(w1, w2[:, None], lambda_)
    axes.contourf(w1, w2, cost, levels=10)
    axes.clabel(axes.contour(w1, w2, cost, levels=10, colors="black"))
    alpha = share(torch.tensor([lambda_]))
    for label, marker in enumerate("os"):
        axes.scatter(*(X + 1)[y == label].T, marker=marker, alpha=alpha[y == label])
    for path in paths.values():
        axes.plot(*path[:121].T)
"""
)
CONTENDERS = {
    "curves: explore": (
        CURVES,
        """
explore({"CE": lambda p: -torch.log(p), "focal": lambda p, gamma: -(1 - p) ** gamma * torch.log(p)},
        p=(0.001, 0.999), gamma=(0, 5, 0.05, 2.0))""",
    ),
    "curves: interact": (
        CURVES,
        """
%matplotlib inline
@ipywidgets.interact(gamma=(0, 5, 0.05))
def show(gamma=2.0):
    draw(gamma)
    plt.show()""",
    ),
    "curves: ipympl": (
        CURVES,
        """
%matplotlib widget
figure, lines = draw(2.0)
slider = ipywidgets.FloatSlider(2.0, min=0, max=5, step=0.05)
def move(change):
    for line, y in zip(lines, [y for ys in curves(change["new"]) for y in ys]):
        line.set_ydata(y)
    figure.canvas.draw_idle()
slider.observe(move, "value")
slider""",
    ),
    "map: explore": (MAP, planes.ONE_MAP),
    "map: interact": (
        MAP,
        """
%matplotlib inline
@ipywidgets.interact(lambda_=(0, 0.25, 0.005))
def show(lambda_=0.02):
    draw(plt.subplots(figsize=(5, 4))[1], lambda_)
    plt.show()""",
    ),
    "map: ipympl": (
        MAP,
        """
%matplotlib widget
figure, axes = plt.subplots(figsize=(5, 4))
draw(axes, 0.02)
slider = ipywidgets.FloatSlider(0.02, min=0, max=0.25, step=0.005)
def move(change):
    axes.clear()
    draw(axes, change["new"])
    figure.canvas.draw_idle()
slider.observe(move, "value")
slider""",
    ),
    "two maps: explore": (MAP, planes.TWO_MAPS),
}
READY = """() => document.querySelector('.noUi-handle')
  && document.querySelector('.lossutils-figure, .jp-Cell canvas, .jp-Cell img')"""
# Notes in the page when a cell's picture changed and how many values its slider has taken.
WATCH = """() => {
  const root = document.querySelector('.jp-Notebook .jp-Cell:has(.noUi-handle)');
  const handles = root.querySelectorAll('.noUi-handle');
  const seen = window.seen = {redraws: [], values: 0, handle: handles[handles.length - 1]};
  const picture = root.querySelector('canvas') ? 'canvas' : root.querySelector('.lossutils-figure') ? 'path' : 'img';
  const now = () => seen.redraws.push(performance.now());
  new MutationObserver((records) => { seen.values += records.length; })
    .observe(seen.handle, {attributes: true, attributeFilter: ['aria-valuenow']});
  if (picture === 'canvas') {
    const draw = CanvasRenderingContext2D.prototype.drawImage;
    CanvasRenderingContext2D.prototype.drawImage = function (...args) {
      draw.apply(this, args);
      if (root.contains(this.canvas)) now();
    };
  } else if (picture === 'path') {
    const live = root.querySelector('.lossutils-live');
    new MutationObserver((records) => records.forEach(now)).observe(live, {characterData: true, subtree: true});
  } else {
    let last = root.querySelector('img').src;
    new MutationObserver(() => {
      const image = root.querySelector('img');
      if (image && image.src !== last) { last = image.src; image.decode().then(now, now); }
    }).observe(root, {childList: true, subtree: true, attributes: true, attributeFilter: ['src']});
  }
}"""
STEP = """async (key) => {
  const before = window.seen.redraws.length, start = performance.now();
  window.seen.handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
  while (window.seen.redraws.length === before) await new Promise((done) => setTimeout(done, 0));
  const took = window.seen.redraws[before] - start;
  let count;
  do { // the next step starts from rest
    count = window.seen.redraws.length;
    await new Promise((done) => setTimeout(done, 60));
  } while (window.seen.redraws.length > count);
  return took;
}"""


def measure(page):
    """Milliseconds of each step, and of a drag: values taken, redraws, and the last redraw's delay after release."""
    page.evaluate(WATCH)
    steps = [page.evaluate(STEP, "ArrowRight" if i % 2 else "ArrowLeft") for i in range(STEPS)]
    handle = page.evaluate_handle("window.seen.handle").as_element()
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("window.seen.redraws.length = window.seen.values = 0; window.seen.start = performance.now()")
    for i in range(90):
        page.mouse.move(x + 100 * np.sin(i / 10), y)
    released = page.evaluate("performance.now()")
    page.mouse.up()
    page.wait_for_timeout(1500)  # whatever is left over has this long to arrive
    values, redraws, start = page.evaluate("[window.seen.values, window.seen.redraws, window.seen.start]")
    return np.array(steps), values, len(redraws), (released - start) / 1000, max(0, max(redraws) - released)


def file(name):
    return f"{name.replace(': ', '-').replace(' ', '-')}.ipynb"


def main():
    with tempfile.TemporaryDirectory() as folder, start() as browser:
        for name, sources in CONTENDERS.items():  # a kernel each: matplotlib has one backend a kernel
            cells = [nbformat.v4.new_code_cell(cell.strip()) for cell in sources]
            notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
            nbformat.write(notebook, Path(folder) / file(name))
        with server(notebooks=Path(folder)) as lab:
            print(f"{STEPS} steps and one drag each; milliseconds from key press to changed picture")
            print(f"{'':18}{'median':>8}{'p95':>8}{'values':>9}{'redraws':>9}{'per s':>7}{'left over':>11}")
            for name in CONTENDERS:
                page = browser.new_page(viewport=SIZE)
                open_lab(page, lab, file(name))
                run_lab(page, lab, file(name))
                wait(page, READY)
                steps, values, redraws, seconds, late = measure(page)
                middle, high = np.percentile(steps, [50, 95])
                print(
                    f"{name:18}{middle:8.1f}{high:8.1f}{values:9}{redraws:9}{redraws / seconds:7.0f}{late:8.0f} ms",
                    flush=True,
                )
                page.close()


if __name__ == "__main__":
    main()
