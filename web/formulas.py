"""TeX to HTML when the site is built, so that a page needs no script for it. One node process does all."""

import functools
import json
import pathlib
import subprocess

from web.node import NODE

HERE = pathlib.Path(__file__).parent
KATEX = HERE / "node_modules/katex/dist"


@functools.cache
def _katex():
    return subprocess.Popen(
        [NODE, "katex.js"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )


@functools.cache
def rendered(tex, alone=False):
    """HTML with MathML for screen readers. Raises ValueError for what KaTeX does not understand."""
    katex = _katex()
    katex.stdin.write(json.dumps([tex.strip(), alone]) + "\n")
    katex.stdin.flush()
    line = katex.stdout.readline()
    if not line:
        raise RuntimeError("KaTeX did not answer: run `make site`, which fetches it.")
    answer = json.loads(line)
    if "error" in answer:
        raise ValueError(f"KaTeX does not understand the formula {tex!r}: {answer['error']}")
    return answer["html"]
