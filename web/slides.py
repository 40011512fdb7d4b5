"""Each lesson as one file of slides in site/slides: `python -m web.slides build/pages/NN_name.ipynb …`.

The markup has JupyterLab's class names, so that notebooks/rise.css sizes these slides as it does RISE's.
"""

import base64
import functools
import html
import pathlib
import re
import sys
from urllib.parse import unquote

import jinja2
import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from web import figures, formulas, reading

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
    return MARKDOWN.render(source)


@functools.cache
def headlines(name):
    """What a link to the slides of a lesson can have after #."""
    cells = nbformat.read(reading.NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    shown = [cell for cell in cells if cell.metadata.get("slideshow", {}).get("slide_type") not in ("skip", "notes")]
    found = re.findall(r"^#{1,3} (.+)", "\n".join(cell.source for cell in shown if cell.cell_type == "markdown"), re.M)
    return {reading.fragment(headline.replace("`", "")) for headline in found}


def linked(deck, name):
    """The deck of a lesson with its links to lessons: to their slides, or to the page for what the slides skip."""

    def link(match):
        start, other, anchor = match.groups()
        lesson = other or name
        page = f"{lesson}.html" if other else ""
        if anchor and unquote(anchor) not in headlines(lesson):
            page = f"../{lesson}.html"
        return start + page + (f"#{anchor}" if anchor else "") + '"'

    return re.sub(r'(<a [^>]*href=")(?=#.|\d)(?:(\d\d_\w+)\.ipynb)?(?:#([^"]+))?"', link, deck)


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
        (TARGET / f"{source.stem}.html").write_text(linked(deck, source.stem), encoding="utf-8")


MARKDOWN = (
    MarkdownIt("commonmark", {"html": True})
    .enable("table")
    .use(anchors_plugin, max_level=3, slug_func=reading.fragment)  # links to a headline lead to its slide
    .use(dollarmath_plugin, renderer=lambda tex, options: formulas.rendered(tex, options["display_mode"]))
)

if __name__ == "__main__":
    main(*sys.argv[1:])
