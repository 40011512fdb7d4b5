"""The playground's page: `python -m web.playground` prints it. Its frames and its still picture come from explore."""

import os
import pathlib
import re

import torch

from lossutils import explore, focal_loss, sigmoid_focal_loss

HERE = pathlib.Path(__file__).parent
# A figure for each kind of formula; the first is what stands there without JavaScript. The browser writes numbers of
# its own beside the marks of a frame upwards, so every panel must have as many: TICKS.
TICKS = 6
LIMITS = {"p": {"loss": (-0.15, 5.1), "gradient": (-5.15, 0.1)}, "s": {"loss": (-0.15, 5.1), "gradient": (-1.03, 0.02)}}
FRAMES = {
    "p": explore(
        {"your formula": lambda p: focal_loss(p, 1, gamma=2), "cross entropy": lambda p: -torch.log(p)},
        limits=LIMITS["p"], p=(0.002, 0.998, 0.002, 0.6),
    ),
    "s": explore(
        {
            "your formula": lambda s: sigmoid_focal_loss(s, torch.ones_like(s), gamma=2),
            "cross entropy": lambda s: -torch.nn.functional.logsigmoid(s),
        },
        limits=LIMITS["s"], s=(-6, 6, 0.05, 1),
    ),
}  # fmt: skip


def frame(axis):
    os.environ["LOSSUTILS_RENDERER"] = "html"
    html = FRAMES[axis]._repr_mimebundle_()["text/html"]
    for panel in FRAMES[axis]._sent["meta"]["panels"]:
        count = panel["svg"].count('id="ytick_')
        if count != TICKS:
            raise ValueError(
                f"the panel {panel['title']!r} over {axis} has {count} marks upwards: let LIMITS give it {TICKS}."
            )
    return (
        html if axis == "p" else re.sub(r'<div class="lossutils-still">.*?</table></div>', "", html)
    )  # one still is enough


def main():
    page = (HERE / "playground.md").read_text(encoding="utf-8")
    style = (HERE / "playground.css").read_text(encoding="utf-8")
    for name, text in {"STYLE": style, "FRAME_P": frame("p"), "FRAME_S": frame("s")}.items():
        page = page.replace(name, text.strip())
    print(page, end="")


if __name__ == "__main__":
    main()
