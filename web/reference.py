"""The reference, a page for each family of `lossutils` from its docstrings: `python -m web.reference` writes the pages.

The docstrings are plain text, so that `help()` and Shift+Tab show them as they stand. Here, `fields` turns the words
that open a part of them ("Shapes:", "Raises:", …) into the page's headings, and `web.notation` what is mathematics in
them into TeX.
"""

import ast
import html
import pathlib
import re

import nbformat
from sphinx.errors import ExtensionError

from web.notation import typeset
from web.reading import fragment

ROOT = pathlib.Path(__file__).parents[1]
EXECUTED = ROOT / "build/pages"
TARGET = EXECUTED / "reference"

FAMILIES = {
    "binary": "Binary losses",
    "multiclass": "Losses of many classes",
    "information": "Information",
    "regression": "Regression losses",
    "margin": "Margin losses",
    "penalties": "Penalties",
    "gradients": "Gradients",
    "explore": "Slider figures",
    "exercises": "Checking an answer",
}
NAMES = {  # of the packages, what a lesson calls; of a family of losses, every public name
    "explore": ["explore", "plane", "explore.Explorer", "explore.Explorer.at"],
    "exercises": ["exercises.check", "exercises.progress"],
}
FORMULAS = [f"lossutils.{family}" for family in FAMILIES if family not in NAMES]

# The lesson's figure for each, by its cell: the first eight letters of an id that stays when a lesson is edited.
FIGURES = {
    "binary_cross_entropy": ("01", "5ea4f710"),
    "binary_cross_entropy_with_logits": ("01", "8f24a4b7"),
    "focal_loss": ("03", "1ff7bd0f"),
    "sigmoid_focal_loss": ("03", "bfaefecd"),
    "softmax": ("04", "197c962b"),
    "log_softmax": ("10", "aa69b34f"),
    "cross_entropy": ("04", "864b7dc8"),
    "entropy": ("05", "3e890e17"),
    "information.cross_entropy": ("05", "987978a1"),
    "kl_divergence": ("05", "5c7954d1"),
    "kl_div": ("05", "b545a02a"),
    "l1_loss": ("07", "a42a7fc3"),
    "mse_loss": ("07", "a42a7fc3"),
    "huber_loss": ("07", "a42a7fc3"),
    "smooth_l1_loss": ("07", "a42a7fc3"),
    "margin_ranking_loss": ("08", "b7accb1b"),
    "multilabel_margin_loss": ("08", "4197d03e"),
    "soft_margin_loss": ("08", "4197d03e"),
    "l1_penalty": ("09", "3d765daf"),
    "l2_penalty": ("09", "3d765daf"),
    "gradients.sigmoid_grad": ("01", "b7e2940f"),
    "gradients.binary_cross_entropy_with_logits_grad": ("06", "0952fec3"),
    "gradients.mse_loss_grad": ("00", "d95d276a"),
    "explore": ("00", "d95d276a"),
    "plane": ("06", "985b0295"),
}

# What the docstrings and the tests say of the losses beside torch's, in a line: tests/test_reference.py holds each.
SAME = "Nothing: the same numbers."
DIFFERENCES = {
    "binary_cross_entropy": (
        "binary_cross_entropy",
        "For y = 0 the slope is 1/(1 - p) right down to p = 0; torch's fades to 0 below p = 1e-12.",
    ),
    "binary_cross_entropy_with_logits": (
        "binary_cross_entropy_with_logits",
        "The tail keeps its digits: s = -20 costs a no 2.06e-9, in torch 0.",
        "An infinite logit on the right side costs 0; torch says NaN.",
    ),
    "focal_loss": (None, "torch has no focal loss. With γ = 0 this is torch's `binary_cross_entropy`."),
    "sigmoid_focal_loss": (
        None,
        "torch has no focal loss. With γ = 0 this is torch's `binary_cross_entropy_with_logits`.",
    ),
    "softmax": ("softmax", SAME),
    "log_softmax": ("log_softmax", SAME),
    "nll_loss": ("nll_loss", SAME),
    "cross_entropy": (
        "cross_entropy",
        "The loss keeps its digits: scores 0 and -40 for the first class cost 4.2e-18, in torch 0.",
        "An infinite score of the right class costs 0; torch says NaN.",
        "A class of probability 0 costs 0 also where its score is -∞; torch says NaN.",
    ),
    "softmax_focal_loss": (
        None,
        "torch has no focal loss. With γ = 0 this is torch's `cross_entropy`, unless α is given: "
        "the mean is never divided by the sum of the weights.",
    ),
    "self_information": (None, "torch has none. In nats it is torch.distributions' -log_prob."),
    "entropy": (
        "torch.special.entr",
        "The sum along `dim`; torch's is the single term -p·ln p. In nats, bits or another base.",
    ),
    "information.cross_entropy": (
        "cross_entropy",
        "torch's `cross_entropy` gives the same for the scores ln q, but has the truth second.",
    ),
    "kl_divergence": (
        "torch.distributions.kl_divergence",
        "Takes probabilities; torch's takes two objects such as `Categorical(p)`.",
    ),
    "kl_div": ("kl_div", "A target of 0 costs 0 also where the log-probability is -∞; torch says NaN."),
    "l1_loss": ("l1_loss", SAME),
    "mse_loss": ("mse_loss", SAME),
    "huber_loss": ("huber_loss", SAME),
    "smooth_l1_loss": ("smooth_l1_loss", SAME),
    "margin_ranking_loss": ("margin_ranking_loss", SAME),
    "multilabel_margin_loss": (
        "multilabel_margin_loss",
        "float16 is taken; torch's refuses it on the CPU.",
        "The mean of no samples is NaN.",
    ),
    "soft_margin_loss": (
        "soft_margin_loss",
        "No overflow: x = -100 with y = 1 costs 100 with slope -1; torch says ∞, slope NaN.",
    ),
    "l1_penalty": (
        "torch.linalg.vector_norm",
        "Of all parameters of a module together; torch's `vector_norm(w, 1)` is of one tensor.",
    ),
    "l2_penalty": (
        "torch.linalg.vector_norm",
        "The square of torch's `vector_norm(w)`; λ/2 times it is what `weight_decay=λ` means to `torch.optim.SGD`.",
    ),
    "autograd": (
        "torch.autograd.grad",
        "Of the sum of f(x), with x left alone: torch wants `requires_grad`.",
    ),
    "finite_difference": (
        "torch.autograd.gradcheck",
        "Gives the slopes; torch's only says whether they agree.",
    ),
}

# From the docstrings to the page
HEADS = (
    "Formula", "Derivative", "Reductions", "Notation", "Shapes?", "Unit", "Values", "Better than torch",
    "Memory and speed", "Raises", "Source",
)  # fmt: skip
HEAD = re.compile(rf"(?:^|(?<=[.;] )|(?<=\n))({'|'.join(HEADS)})(?=:|, [^.:\n]*[^.:]*:)")
OWN_LINE = re.compile(r'"none"|[dL∂p]\S* = |[∂d]\S*(?: ln p_i)?/|class \w+ \w:|label_smoothing')
INNER = re.compile(r'(?<=[.;,] )(?="none": )|(?<=\. )(?=[d∂]\S*(?: ln p_i)?/\S+ = )')


def fields(docstring):
    """The parts of a loss's docstring as a list of fields, each with what it says."""
    of_torch = r"(torch(?:vision)?'s (?:weighted )?)`(\w+)`"  # which is no link to the one here
    for block in re.split(r"\n\s*\n", re.sub(of_torch, r"\1``\2``", docstring)):
        if block.lstrip().startswith(">>>"):
            yield block
            continue
        before, *parts = HEAD.split(block)
        if before.strip():
            yield typeset(" ".join(before.split()))
        for head, said in zip(parts[::2], parts[1::2], strict=True):
            formula = head in ("Formula", "Derivative", "Reductions")
            yield f":{head}:\n" + "\n\n".join(
                "    " + typeset(line, large=formula) for line in lines(said.lstrip(":, "), formula)
            )


def lines(said, formula):
    """The text of a field: words as a paragraph, each formula on a line of its own."""
    if not formula:
        return [" ".join(said.split())]
    found, indented = [], None
    for line in said.splitlines():
        alone = line.startswith(" ")
        if alone == indented and not (alone and OWN_LINE.match(line.strip())):
            found[-1] += " " + line.strip()
        elif line.strip():
            found.append(line.strip())
        indented = alone
    return [part for line in found for part in INNER.split(line)]


def readable(app, what, name, obj, options, docstring):
    """Sphinx calls this with every docstring, as a list of lines to be changed."""
    module = name if what == "module" else getattr(obj, "__module__", "")
    docstring[:] = [re.sub(r"(?<!`)`(\.[^`]+)`", r"``\1``", line) for line in docstring]  # a link would lose the dot
    if module in FORMULAS and docstring:
        try:
            docstring[:] = "\n\n".join(fields("\n".join(docstring))).splitlines()
        except ValueError as error:
            raise ExtensionError(f"In the docstring of {name}, {error}") from None


# The pages
def names(family):
    """What a family offers, in the order of its file, as one imports it."""
    if family in NAMES:
        return NAMES[family]
    tree = ast.parse((ROOT / f"lossutils/{family}.py").read_text("utf-8"))
    public = ast.parse((ROOT / "lossutils/__init__.py").read_text("utf-8"))
    imports = (
        node for node in public.body if isinstance(node, ast.ImportFrom) and node.module == f"lossutils.{family}"
    )
    short = {alias.name for node in imports for alias in node.names}
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [name if name in short else f"{family}.{name}" for name in defined if not name.startswith("_")]


def family_page(family):
    title = FAMILIES[family]
    module = f".. automodule:: lossutils.{family}" + ("\n   :no-index:" if family in NAMES else "")
    parts = [f"{title}\n{'=' * len(title)}", module, ".. py:currentmodule:: lossutils"]
    shown = set()
    for name in names(family):
        kind = "method" if name.count(".") == 2 else "class" if name.split(".")[-1][0].isupper() else "function"
        if "." in name:  # the way back from the source names it without its family
            parts.append(raw(f"<span id='lossutils.{name.split('.', 1)[1]}'></span>"))
        parts.append(f".. auto{kind}:: lossutils.{name}")
        if name in FIGURES:
            parts.append(raw(figure(*FIGURES[name], repeated=FIGURES[name] in shown)))
            shown.add(FIGURES[name])
    return parts


def figure(lesson, cell, repeated=False):
    """A lesson's figure, and where in the lesson it is; that alone if it is on the page already."""
    (path,) = EXECUTED.glob(f"{lesson}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    headline = ""
    for one in cells:
        if one.cell_type == "markdown":
            headline = (re.findall(r"^##+ (.+)", one.source, flags=re.M) or [headline])[-1]
        if one.id == cell:
            break
    else:
        raise SystemExit(f"Lesson {lesson} has no cell {cell}: name another figure of it in web/reference.py.")
    moving = (
        "" if repeated else next(out.data["text/html"] for out in one.outputs if "text/html" in out.get("data", {}))
    )
    title = re.match(r"# (.+)", cells[0].source)[1]
    anchor = html.escape(fragment(re.sub(r"\$[^$]*\$|[`*]", "", headline)))
    return (
        f"{moving}\n<p class='of-lesson'>The figure {'above, ' if repeated else ''}with its question: "
        f'<a href="../{path.stem}.html#{anchor}">{html.escape(title)}</a></p>'
    )


def raw(text):
    return ".. raw:: html\n\n" + "\n".join(f"   {line}" for line in text.splitlines())


def overview():
    """The families, and every loss beside torch's."""
    rows = ["* - This loss\n  - torch's\n  - What differs"]
    for name, (twin, *differences) in DIFFERENCES.items():
        path = twin if twin and "." in twin else f"torch.nn.functional.{twin}"
        address = f"https://docs.pytorch.org/docs/stable/{PLACES.get(path, f'generated/{path}.html')}"
        torch = f"`{path.removeprefix('torch.nn.functional.')} <{address}>`__" if twin else "—"
        rows.append(f"* - :py:obj:`~lossutils.{name}`\n  - {torch}\n  - {typeset(' '.join(differences))}")
    body = "\n".join(rows).replace("\n", "\n   ")
    return [
        "Reference\n=========", OVERVIEW,
        "\n".join([".. toctree::", "   :maxdepth: 1", "", *(f"   {family}" for family in FAMILIES)]),
        "Beside torch\n------------", BESIDE,
        f".. list-table::\n   :header-rows: 1\n   :widths: 32 28 40\n   :class: beside-torch\n\n   {body}",
    ]  # fmt: skip


PLACES = {
    "torch.special.entr": "special.html#torch.special.entr",
    "torch.distributions.kl_divergence": "distributions.html#torch.distributions.kl.kl_divergence",
    "torch.autograd.gradcheck": "generated/torch.autograd.gradcheck.gradcheck.html",
}
OVERVIEW = """Every loss of ``lossutils``: its formula, shapes, edge values, errors and source, and a figure of a lesson
where there is one. The same words stand in ``help(name)`` and, in JupyterLab, behind Shift+Tab."""
BESIDE = """Names, arguments, defaults and reductions are those of ``torch.nn.functional``, so that one can take the
other's place. Each line here is tested."""


def main():
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, parts in {"index": overview(), **{family: family_page(family) for family in FAMILIES}}.items():
        (TARGET / f"{name}.rst").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
