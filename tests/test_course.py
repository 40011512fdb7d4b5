"""Every topic and every printed number of the five articles is taught or corrected in some lesson.

A row: what an article has, the lessons that must have it, and the text that shows it there (the number itself, if none
is given). The text must occur in the sources or the printed outputs of every lesson named.
"""

import functools
import pathlib
import re

import nbformat
import pytest

from web.reading import reading

NOTEBOOKS = pathlib.Path(__file__).parent.parent / "notebooks"

NUMBERS = {
    "000 BCELoss及其变种": [
        ("0.4963", "01 11"), ("0.7682", "01"), ("0.0885", "01 11"),
        ("0.6857", "01 11"), ("1.4620", "01 11"), ("2.4250", "01 11"),
        ("2.0247", "01 11"), ("0.3673", "01 11"), ("1.0053", "01 11"),
        ("0.685774", "11"), ("1.461880", "11"), ("2.424752726968253", "11"),
        ("1.524223", "11"), ("1.1324", "11"), ("1.3283", "01 11"),
        ("1.524233", "11"), ("1.132433", "11"), ("1.328333", "11"), ("1e-5", "01 10 11"),
    ],
    "001 PyTorch 常见损失函数": [
        ("1.4177", "07 11"), ("1.7956", "07 11"), ("0.6214", "08 11"), ("0.7346", "08 11"),
        ("2.9503", "04 08 11"), ("1.6307", "04 08 11"),
    ],
    "002 PyTorch 入坑十一": [("0.69", "05 11"), ("0.6931", "05 11"), ("0.625", "04 11"), ("(5, 1, 1, 1)", "04 11")],
    "003 NLLLoss()的使用": [
        ("2.72", "11"), ("7.39", "11"), ("20.09", "11"), ("54.6", "11"), ("114.98", "04 11"),
        ("0.024", "04 11"), ("0.064", "04 11"), ("0.175", "04 11"), ("0.475", "04 11"),
        ("0.7284", "11"), ("0.7364", "11"), ("0.3343", "11"), ("0.1565", "11"), ("0.0365", "11"),
        ("0.0408", "11"), ("0.1150", "11"), ("0.2270", "11"), ("0.6250", "11"),
        ("-0.3168", "11"), ("-0.3059", "11"), ("-1.0958", "11"), ("-1.8546", "11"), ("-3.3093", "11"),
        ("-3.1995", "11"), ("-2.1625", "11"), ("-1.4827", "11"), ("-0.4701", "11"),
        ("1.1879", "04 11"), ("1.0780", "04 11"), ("0.5312", "04 11"), ("-0.3499", "04 11"), ("-1.9253", "04 11"),
        ("-1.5725", "04 11"), ("-0.6578", "04 11"), ("-0.0987", "04 11"), ("1.1570", "04 11"),
        ("1.3654", "04 11"), ("0.1365", "04 11"), ("-0.1399", "04 11"), ("1.0778", "04 11"), ("Out[26]", "04 11"),
    ],
    "004 交叉熵、Focal Loss": [
        ("4.5e-4", "03 11"), ("3.5e-2", "03 11"), ("1.0536e-3", "03 11"), ("8.1732e-2", "03 11"),
        ("100", "03 11"), ("6.25", "03 11"), ("0.9", "03 11"), ("0.6", "03 11"), ("0.25", "03 11"),
    ],
}  # fmt: skip

TOPICS = [
    # 000
    ("binary cross entropy by hand", "01", "## By hand: photo 1, question by question"),
    ("the weights of a weighted BCE", "02", "pos_weight"),
    ("classes out of balance", "02", "rare"),
    ("ε against ln 0", "01 10 11", "11.513"),
    ("BCEWithLogitsLoss", "01 08 10 11", "BCEWithLogitsLoss"),
    ("sigmoid or softmax", "11", "“a sigmoid or a softmax”"),
    ("torch.log is ln", "00 01 11", "torch.log"),
    ("focal loss of BCE", "03", "sigmoid_focal_loss"),
    # 001
    ("measure, objective, backward, watch", "07", "Four jobs for one number"),
    ("overfitting is watched", "07 09 11", "overfit"),
    ("L1", "07 11", "L1Loss"),
    ("L2, MSE", "06 07 11", "MSELoss"),
    ("Huber and smooth L1", "07", "SmoothL1Loss"),
    ("Huber", "07 11", "Huber"),
    ("custom loss as a module", "07 11", "nn.Module"),
    ("custom loss by call", "07 11", "__call__"),
    ("CrossEntropyLoss", "04 08 11", "CrossEntropyLoss"),
    ("NLLLoss", "04 08 11", "NLLLoss"),
    ("NLLLoss2d", "04 08 11", "NLLLoss2d"),
    ("KLDivLoss", "05 08 11", "KLDivLoss"),
    ("MarginRankingLoss", "08 11", "MarginRankingLoss"),
    ("MultiLabelMarginLoss", "08", "MultiLabelMarginLoss"),
    ("SoftMarginLoss", "08 11", "SoftMarginLoss"),
    ("size_average and reduce", "07 08 11", "size_average"),
    ("BCE against slow learning", "06 11", "slow learning"),
    ("no seed", "07 08 11", "seed"),
    # 002
    ("loss, cost, objective", "09 11", "objective"),
    ("L1 and L2 penalties", "09", "l1_penalty"),
    ("weight decay", "09", "weight_decay"),
    ("L1 chooses features", "09 11", "features"),
    ("variance", "09 11", "variance"),
    ("dropout", "09 11", "dropout"),
    ("early stopping", "09 11", "early stopping"),
    ("data augmentation", "11", "data augmentation"),
    ("self-information", "05 11", "self-information"),
    ("entropy", "05 11", "entropy"),
    ("entropy of a coin", "05 11", "coin"),
    ("the sunrise", "05 11", "sunrise"),
    ("KL divergence", "05 11", "kl_divergence"),
    ("KL is no distance", "05 11", "distance"),
    ("cross entropy = entropy + KL", "05", "Cross entropy = entropy + KL divergence"),
    ("scores, probabilities, one-hot", "04", "one-hot"),
    ("sigmoid with MSE learns slowly", "06 11", "0.0173"),
    ("gradient of CE is the error times x", "06 11", "0.9820"),
    ("softmax overflows", "10", "overflow"),
    ("softmax and loss in one layer", "10 11", "in one layer"),
    ("log-sum-exp", "10", "log-sum-exp"),
    ("hardmax", "04 11", "hardmax"),
    ("L-Softmax", "11 12", "L-Softmax"),
    ("faces, an open set", "11", "an open set"),
    ("CE = LogSoftmax + NLL", "04 11", "LogSoftmax"),
    # 003
    ("softmax", "04 11", "softmax"),
    ("log_softmax is never above 0", "04 11", "never above 0"),
    ("axis of the softmax", "04 11", "dim=0"),
    # 004
    ("derivative of BCE", "01", r"\frac{p - y}{p - p^2}"),
    ("its flipped sign", "11", "(y - x)/(x - x^2)"),
    ("minimum at Y = p is H(Y)", "01 11", "0.6109"),
    ("each pixel alone", "03 11", "pixel"),
    ("Dice loss and F1", "11", "Dice"),
    ("contrastive learning", "11", "Contrastive learning"),
    ("segmentation", "03 08", "segment"),
    ("balanced cross entropy", "02 11", "balanced cross entropy"),
    ("hard and easy examples", "03 11", "easy"),
    ("γ = 2", "03 11", r"\gamma = 2"),
    ("γ = 0 is cross entropy", "03 11", r"\gamma = 0"),
    ("γ ≥ 1", "03 11", r"\gamma \ge 1"),
    ("α = 0.25", "03 11", r"\alpha = 0.25"),
    ("focal loss and rare classes", "03", "rare nines"),
    ("weight and ignore_index", "04 11", "ignore_index"),
    ("detached pt", "03 11", "Variable(logpt.data.exp())"),
    ("alpha reversed", "03 11", "[alpha, 1"),
]


@functools.cache
def text(lesson):
    """Sources and printed outputs of a lesson, with one sign for minus."""
    (path,) = NOTEBOOKS.glob(f"{lesson}_*.ipynb")
    parts = []
    for cell in nbformat.read(path, as_version=4).cells:
        parts.append(cell.source)
        for output in cell.get("outputs", ()):
            parts.append(output.get("text", ""))
            parts += [str(data) for kind, data in output.get("data", {}).items() if kind.startswith("text/")]
    return "\n".join(parts).replace("−", "-")


def occurs(string, lesson):
    """As a whole: 0.69 is not found in 0.6931, nor in 10.69, nor 1e-5 in 1e-54."""
    before, after = (r"(?<![\d.])", r"(?!\d)") if string[-1].isdigit() else ("", "")
    return re.search(before + re.escape(string) + after, text(lesson))


@pytest.mark.parametrize("article", NUMBERS)
def test_every_number_is_in_its_lessons(article):
    missing = [(number, lesson) for number, where in NUMBERS[article] for lesson in where.split()
               if not occurs(number, lesson)]  # fmt: skip
    assert not missing


def test_every_topic_is_in_its_lessons():
    missing = [(topic, lesson) for topic, where, shown in TOPICS for lesson in where.split()
               if not occurs(shown, lesson)]  # fmt: skip
    assert not missing


def test_every_lesson_serves_an_article():
    rows = [where for row in NUMBERS.values() for _, where in row] + [where for _, where, _ in TOPICS]
    assert {lesson for where in rows for lesson in where.split()} >= {f"{i:02}" for i in range(1, 13)}


def test_a_missing_number_is_noticed():
    assert occurs("0.69", "05")
    assert not occurs("0.68570", "01")
    assert not occurs("85", "00")


def fragments(path):
    """What a link may have after #: JupyterLab's name of each headline."""
    cells = nbformat.read(path, as_version=4).cells
    lines = [line for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines()]
    heads = [re.sub(r"^#+ ", "", line) for line in lines if re.match(r"#{1,6} ", line)]
    return {head.replace("`", "").replace(" ", "-") for head in heads}


def test_every_link_to_a_lesson_leads_to_its_headline():
    lost = []
    for path in NOTEBOOKS.glob("[01][0-9]_*.ipynb"):
        sources = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        for name, fragment in re.findall(r"\]\(([\w.]*)#([^)]*)\)", sources):
            link, target = f"{name}#{fragment}", path.parent / name if name else path
            if not (target.exists() and fragment in fragments(target)):
                lost.append(f"{path.name}: {link}")
        for name in re.findall(r"\]\((\d\d_\w+\.ipynb)", sources):
            if not (path.parent / name).exists():
                lost.append(f"{path.name}: {name}")
    assert not lost, "\n" + "\n".join(lost)


def test_a_headline_in_a_link_needs_no_escaping():
    """JupyterLab compares a link with a headline letter by letter, a browser escapes some of them."""
    for path in NOTEBOOKS.glob("[01][0-9]_*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            for fragment in re.findall(r"\]\([\w.]*#([^)]*)\)", cell.source):
                assert re.fullmatch(r"[\w.,:;'!+-]+", fragment, flags=re.ASCII), f"{path.name}: {fragment}"


def test_every_row_of_the_ledger_says_where():
    """Lesson 11: the article's section, and a link to what shows it."""
    cells = [cell.source for cell in nbformat.read(NOTEBOOKS / "11_article_errata.ipynb", as_version=4).cells]
    tables = [source for source in cells if "\n| section |" in source]
    assert len(tables) == 12
    rows = [row for source in tables for row in re.findall(r"^\| (?!section \|).+\|$", source, flags=re.M)]
    assert len(rows) > 100
    for row in rows:
        section, *_, link = row.strip("| ").split(" | ")
        assert re.match(r"section\s\d|[`a-zA-Z]", section), row
        assert re.fullmatch(r"\[(lesson\s\d\d|here)\]\([\w.]*#[^)]+\)", link), row


def test_the_map_links_every_lesson():
    readme = (NOTEBOOKS.parent / "README.md").read_text("utf-8")
    for path in NOTEBOOKS.glob("[01][0-9]_*.ipynb"):
        assert path.name in text("00") or path.name.startswith("00")
        (minutes,) = re.findall(rf"\(notebooks/{path.name}\) \| .+ \| (\d+) \| .*\|$", readme, re.M)
        assert int(minutes) == reading(path).minutes, path.name
