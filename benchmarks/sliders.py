"""Slider to redrawn figure in JupyterLab: `explore` beside what a user would pick instead, in one run.

Contenders: `ipywidgets.interact` drawing with inline matplotlib, and ipympl moving the lines of a live canvas. All
three show the same two panels with the same two curves. A step is a key press on the slider's handle; it is redrawn
when the picture in the page has changed (the path's data, the image, the canvas). A drag is 90 mouse moves.

Run it with `python -m benchmarks.sliders`; it needs Chromium, and ipympl from benchmarks/requirements.txt.
"""

import tempfile
from pathlib import Path

import nbformat
import numpy as np

from tests.browser.live import SIZE, open_lab, run_lab, server, wait
from web.browser import browser as start

STEPS = 40
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
COMMON = """
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
CONTENDERS = {
    "explore": """
explore({"CE": lambda p: -torch.log(p), "focal": lambda p, gamma: -(1 - p) ** gamma * torch.log(p)},
        p=(0.001, 0.999), gamma=(0, 5, 0.05, 2.0))""",
    "interact + inline": """
%matplotlib inline
@ipywidgets.interact(gamma=(0, 5, 0.05))
def show(gamma=2.0):
    draw(gamma)
    plt.show()""",
    "ipympl": """
%matplotlib widget
figure, lines = draw(2.0)
slider = ipywidgets.FloatSlider(2.0, min=0, max=5, step=0.05)
def move(change):
    for line, y in zip(lines, [y for ys in curves(change["new"]) for y in ys]):
        line.set_ydata(y)
    figure.canvas.draw_idle()
slider.observe(move, "value")
slider""",
}
READY = """() => document.querySelector('.noUi-handle')
  && document.querySelector('.lossutils-figure, .jp-Cell canvas, .jp-Cell img')"""
# Notes in the page when a cell's picture changed and how many values its slider has taken.
WATCH = """() => {
  const root = document.querySelectorAll('.jp-Notebook .jp-Cell')[1];
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
    const path = root.querySelector('[id$="curve-0-1"] path');
    new MutationObserver((records) => records.forEach(now)).observe(path, {attributes: true, attributeFilter: ['d']});
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


def main():
    with tempfile.TemporaryDirectory() as folder, start() as browser:
        for name, source in CONTENDERS.items():  # a kernel each: matplotlib has one backend a kernel
            cells = [nbformat.v4.new_code_cell(cell.strip()) for cell in (COMMON, source)]
            notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
            nbformat.write(notebook, Path(folder) / f"{name.split()[0]}.ipynb")
        with server(notebooks=Path(folder)) as lab:
            print(f"{STEPS} steps and one drag each; milliseconds from key press to changed picture")
            print(f"{'':18}{'median':>8}{'p95':>8}{'values':>9}{'redraws':>9}{'per s':>7}{'left over':>11}")
            for name in CONTENDERS:
                page, notebook = browser.new_page(viewport=SIZE), f"{name.split()[0]}.ipynb"
                open_lab(page, lab, notebook)
                run_lab(page, lab, notebook)
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
