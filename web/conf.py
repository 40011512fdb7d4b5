"""Sphinx's settings for the site. Sources are the executed lessons in build/pages; `make site` calls it."""

import os
import pathlib
import shutil
import sys

from docutils import nodes

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from web import figures, formulas, reading  # noqa: E402

project = "What a loss function does"
html_title = project
language = "en"
extensions = ["myst_nb"]
nb_execution_mode = "off"  # web/execute.py has run them
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3  # a link to a headline is written as JupyterLab wants it
myst_heading_slug_func = "web.reading.fragment"
smartquotes = False
templates_path = ["templates"]
html_theme = "furo"
html_theme_options = {"top_of_page_buttons": []}
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
html_math_renderer = "katex"
html_static_path = [os.path.relpath(ROOT / "build/static", ROOT / "web")]
html_favicon = "favicon.svg"
html_css_files = ["katex/katex.min.css", "site.css"]
html_js_files = [("lossutils.js", {"defer": "defer"})]
html_copy_source = html_show_sourcelink = html_show_copyright = False
html_show_search_summary = False  # it fetches pages, which a browser refuses on file://
html_permalinks_icon = "#"
html_domain_indices = html_use_index = False


PLAYGROUND = ("node_modules/mathjs/lib/browser/math.js", "formula.js", "playground.js")  # scripts of that page alone


def write_static():
    """What the pages ask for lies beside them: figures, formulas, pictures."""
    static = ROOT / "build/static"
    shutil.rmtree(static, ignore_errors=True)
    (static / "katex/fonts").mkdir(parents=True)
    shutil.copy(formulas.KATEX / "katex.min.css", static / "katex")
    for font in (formulas.KATEX / "fonts").glob("*.woff2"):  # the first format of each font, and every browser's choice
        shutil.copy(font, static / "katex/fonts")
    shutil.copytree(ROOT / "notebooks/pictures", static / "pictures")
    (static / "lossutils.js").write_text(figures.script(), encoding="utf-8")
    for script in PLAYGROUND:
        shutil.copy(ROOT / "web" / script, static)
    (static / "site.css").write_text(figures.style() + (ROOT / "web/site.css").read_text(encoding="utf-8"), "utf-8")


def keep_to_build(app):
    """myst-nb writes the outputs of the cells beside the site; they belong to what can be thrown away."""
    app.env.mystnb_config = app.env.mystnb_config.copy(output_folder=str(ROOT / "build/outputs"))


def formula(alone):
    def visit(translator, node):
        html = formulas.rendered(node.astext(), alone)
        translator.body.append(f'<div class="formula">{html}</div>' if alone else html)
        raise nodes.SkipNode

    return visit, None


def page(app, pagename, templatename, context, doctree):
    # myst-nb names every folded cell alike; without that label, what stands on the fold is its name.
    context["body"] = context.get("body", "").replace('<summary aria-label="Toggle hidden content">', "<summary>")
    if pagename == "playground":
        for script in PLAYGROUND:
            app.add_js_file(pathlib.PurePath(script).name, priority=900, defer="defer")  # after lossutils.js
    notebook = reading.NOTEBOOKS / f"{pagename}.ipynb"
    if notebook.exists():
        context["lesson"] = reading.reading(ROOT / f"build/pages/{pagename}.ipynb")


def setup(app):
    write_static()
    app.add_html_math_renderer("katex", inline_renderers=formula(False), block_renderers=formula(True))
    app.connect("builder-inited", keep_to_build, priority=900)  # after myst-nb's own
    app.connect("html-page-context", page)
    return {"parallel_read_safe": True}
