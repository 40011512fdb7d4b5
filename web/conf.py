"""Sphinx's settings for the site. Sources are the executed lessons in build/pages; `make site` calls it."""

import os
import pathlib
import shutil
import sys

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from web import figures, formulas, index, links, reading, reference  # noqa: E402

# The place of this copy on GitHub, as owner/name, and of a hub with nbgitpuller, as https://…: what is not named is not
# linked to. GitHub's own builds know the first.
repository = links.checked(os.environ.get("REPOSITORY") or os.environ.get("GITHUB_REPOSITORY", ""))
hub = os.environ.get("HUB", "")
html_baseurl = links.site(repository)
html_context = {"repository": repository, "clone": links.clone(repository)}

project = "What a loss function does"
html_title = project
DESCRIPTION = "A course on PyTorch's losses: guess, move a slider, and see loss and gradient follow, offline too."
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
nb_execution_mode = "off"  # web/execute.py has what nbval saw
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3  # a link to a headline is written as JupyterLab wants it
myst_heading_slug_func = "web.reading.fragment"
smartquotes = False
default_role = "py:obj"  # what stands in `…` in a docstring is code, and a link if the reference has it
viewcode_follow_imported_members = True  # focal_loss is documented as lossutils.focal_loss
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
    """What the pages ask for lies beside them: figures and formulas."""
    static = ROOT / "build/static"
    shutil.rmtree(static, ignore_errors=True)
    (static / "katex/fonts").mkdir(parents=True)
    shutil.copy(formulas.KATEX / "katex.min.css", static / "katex")
    for font in (formulas.KATEX / "fonts").glob("*.woff2"):  # the first format of each font, and every browser's choice
        shutil.copy(font, static / "katex/fonts")
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


class CodeBelowItsFigure(SphinxPostTransform):
    """myst-nb folds a cell's code above its output. Below a figure it is out of the way of eyes and of the Tab key."""

    default_priority = 200  # right after the folds are made

    def run(self, **kwargs):
        for cell in self.document.findall(nodes.container):
            if len(cell) > 1 and isinstance(cell[0], HideCodeCellNode):
                cell.append(cell.pop(0))


def page(app, pagename, templatename, context, doctree):
    # myst-nb names every folded cell alike; without that label, what stands on the fold is its name.
    body = context.get("body", "").replace('<summary aria-label="Toggle hidden content">', "<summary>")
    context["body"] = body.replace("</strong> -- ", "</strong>: ")  # a parameter and what is said of it
    context["description"] = (context.get("meta") or {}).get("description", DESCRIPTION)
    if pagename == "playground":
        for script in PLAYGROUND:
            app.add_js_file(pathlib.PurePath(script).name, priority=900, defer="defer")  # after lossutils.js
    shown = "index"
    if (reading.NOTEBOOKS / f"{pagename}.ipynb").exists():
        shown = pagename
        context["lesson"] = lesson = index.lesson(ROOT / f"build/pages/{pagename}.ipynb")
        context["description"] = lesson.description
        context["elsewhere"] = links.elsewhere(pagename, repository, hub)
    if pagename == app.config.root_doc:
        context |= index.front()
        context["elsewhere"] = links.elsewhere(context["lessons"][0].name, repository, hub)
    context["preview"] = html_baseurl and f"{html_baseurl}previews/{shown}.png"
    context["report"] = links.report(pagename, repository) if pagename != "search" else ""


def write_sitemap(app, problem):
    if html_baseurl and not problem:
        (app.outdir / "sitemap.xml").write_text(links.sitemap(html_baseurl, app.env.found_docs), encoding="utf-8")


def setup(app):
    write_static()
    app.add_html_math_renderer("katex", inline_renderers=formula(False), block_renderers=formula(True))
    app.add_post_transform(CodeBelowItsFigure)
    app.connect("builder-inited", keep_to_build, priority=900)  # after myst-nb's own
    app.connect("html-page-context", page)
    app.connect("autodoc-process-docstring", reference.readable, priority=400)  # before napoleon
    app.connect("build-finished", write_sitemap)
    return {"parallel_read_safe": True}
