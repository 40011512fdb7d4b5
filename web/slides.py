"""Each lesson as one file of slides in site/slides: `python -m web.slides build/pages/NN_name.ipynb …`.

The markup has JupyterLab's class names, so that notebooks/rise.css sizes these slides as it does RISE's.
"""

import base64
import html
import pathlib
import re
import sys

import jinja2
import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from web import figures, formulas

HERE = pathlib.Path(__file__).parent
TARGET = HERE.parent / "site/slides"
REVEAL = HERE / "node_modules/reveal.js/dist"
CODE = HtmlFormatter(style="a11y-high-contrast-light", nowrap=True)


def slides(cells):
    """The cells as [[{"steps": [[html, …], …], "notes": html}, …], …]: topics, their slides, and the steps on each."""
    topics = []
    for cell in cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind == "skip":
            continue
        if kind == "slide" or not topics:
            topics.append([])
        if kind in ("slide", "subslide") or not topics[-1]:
            topics[-1].append({"steps": [[]], "notes": ""})
        slide = topics[-1][-1]
        if kind == "notes":
            slide["notes"] += markdown(cell.source)
            continue
        if kind == "fragment":
            slide["steps"].append([])
        slide["steps"][-1].append(text(cell) if cell.cell_type == "markdown" else code(cell))
    return topics


def markdown(source):
    rendered = MARKDOWN.render(source)
    return re.sub(r'href="([\w-]+)\.ipynb', r'href="\1.html', rendered)  # another lesson: its slides


def text(cell):
    return f'<div class="jp-RenderedHTMLCommon">{markdown(cell.source)}</div>'


def code(cell):
    """Code and output. A slider figure has the slide to itself: its code is seen in JupyterLab and on the page."""
    source = ""
    figure = any("lossutils-explorer" in found.get("data", {}).get("text/html", "") for found in cell.outputs)
    if not figure and not cell.metadata.get("jupyter", {}).get("source_hidden"):
        lines = highlight(cell.source, PythonLexer(), CODE)
        source = wrapped(f'<pre class="cm-content">{lines}</pre>', "jp-InputArea-editor", "jp-Editor")
    shown = [] if cell.metadata.get("jupyter", {}).get("outputs_hidden") else map(output, cell.outputs)
    outputs = "".join(wrapped(each, "jp-OutputArea-child", "jp-OutputArea-output") for each in shown)
    return source + (wrapped(outputs, "jp-OutputArea") if outputs else "")


def wrapped(inner, *classes):
    return "".join(f'<div class="{name}">' for name in classes) + inner + "</div>" * len(classes)


def output(found):
    """What a cell printed or returned, in the richest form that there is."""
    data = found.get("data", {})
    if "text/html" in data:
        return data["text/html"]
    if "text/markdown" in data:
        return f'<div class="jp-RenderedHTMLCommon">{markdown(data["text/markdown"])}</div>'
    if "image/png" in data:
        return f'<div class="jp-RenderedImage"><img alt="" src="data:image/png;base64,{data["image/png"]}"></div>'
    return f"<pre>{html.escape(found.get('text') or data.get('text/plain', ''))}</pre>"


def katex_style():
    """KaTeX's style sheet with its fonts inside: woff2 alone, which every browser takes."""
    sheet = (formulas.KATEX / "katex.min.css").read_text(encoding="utf-8")

    def font(match):
        data = base64.b64encode((formulas.KATEX / match[1]).read_bytes()).decode()
        return f'src:url(data:font/woff2;base64,{data}) format("woff2")'

    return re.sub(r'src:url\((fonts/[\w-]+\.woff2)\) format\("woff2"\)[^}]*', font, sheet)


def in_script(javascript):
    """As it may stand in a <script>: no text in it may end that element."""
    return re.sub(r"</(script)", r"<\\/\1", javascript, flags=re.IGNORECASE).replace("<!--", "<\\!--")


def main(*sources):
    rise = (HERE.parent / "notebooks/rise.css").read_text(encoding="utf-8")
    reveal = (REVEAL / "reveal.css").read_text(encoding="utf-8")
    own = (HERE / "slides.css").read_text(encoding="utf-8")
    scripts = [(REVEAL / name).read_text(encoding="utf-8") for name in ("reveal.js", "plugin/notes.js")]
    template = jinja2.Template((HERE / "slides.html").read_text(encoding="utf-8"), trim_blocks=True, lstrip_blocks=True)
    TARGET.mkdir(parents=True, exist_ok=True)
    for source in map(pathlib.Path, sources):
        notebook = nbformat.read(source, as_version=4)
        deck = template.render(
            title=re.match(r"# (.+)", notebook.cells[0].source)[1],
            topics=slides(notebook.cells),
            rise=notebook.metadata.rise,
            style="\n".join([reveal, katex_style(), figures.style(), CODE.get_style_defs(".cm-content"), rise, own]),
            scripts=[in_script(script) for script in (*scripts, figures.script())],
        )
        (TARGET / f"{source.stem}.html").write_text(deck, encoding="utf-8")


MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table").use(
    dollarmath_plugin, renderer=lambda tex, options: formulas.rendered(tex, options["display_mode"])
)  # fmt: skip

if __name__ == "__main__":
    main(*sys.argv[1:])
