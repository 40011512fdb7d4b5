"""Inputs, results and kinds of answers in words, as `check` prints them."""

import math
import re

import numpy as np
import torch

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


def name(answer):
    found = getattr(answer, "__name__", "answer")
    return found if found.isidentifier() else "answer"


def written(x):
    """An argument as it can be run, with the digits that give the same one."""
    if not isinstance(x, torch.Tensor):
        return repr(x)
    kind = f", dtype={x.dtype}" if x.dtype == torch.float64 else ""
    number = repr if x.dtype == torch.float64 else lambda v: repr(float(str(np.float32(v))))
    return f"torch.tensor({_digits(x.tolist(), number)}{kind})"


def shown(x):
    """A result in plain numbers, seven digits of each."""
    return _digits(x.tolist(), lambda v: repr(float(f"{v:.7g}") + 0.0)) if isinstance(x, torch.Tensor) else repr(x)


def _digits(numbers, number):
    if isinstance(numbers, list):
        return f"[{', '.join(_digits(part, number) for part in numbers)}]"
    if not isinstance(numbers, float):
        return repr(numbers)
    return number(numbers) if math.isfinite(numbers) else f'float("{numbers}")'


def kind(answer):
    if answer is None:
        return "None: does the function return its result?"
    if isinstance(answer, torch.Tensor):
        return f"a tensor of shape {tuple(answer.shape)}"
    if isinstance(answer, tuple | list):
        return f"a {type(answer).__name__} of {len(answer)}"
    return f"{'an' if type(answer).__name__[0] in 'aeio' else 'a'} {type(answer).__name__}"


SIGNS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "varepsilon": "ε", "lambda": "λ", "sigma": "σ", "sum": "Σ",
    "pm": "±", "cdot": "·", "infty": "∞", "le": "≤", "ge": "≥", "times": "×", "to": "→", "eta": "η", "partial": "∂",
    "|": "‖", ",": " ", ";": " ", "!": "", "left": "", "right": "", "big": "", "Big": "", "quad": " ",
}  # fmt: skip
SMALL = str.maketrans("0123456789-+ntijkxs", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿᵗⁱʲᵏˣˢ")


def plain(text):
    r"""A headline or a hint without its TeX and its Markdown: `$\gamma = 0$` is γ = 0."""
    return re.sub(r"[`*]", "", re.sub(r"\$([^$]*)\$", lambda formula: _plain(formula[1]), text))


def _plain(formula):
    formula = re.sub(r"\\[dt]?frac(?:\{([^{}]*)\}\{([^{}]*)\}|(\d)(\d))", _over, formula)
    formula = re.sub(r"\\(?:operatorname|mathrm|text)", "", formula)
    formula = re.sub(
        r"(?<=[\w)])\\ln|\\ln", lambda ln: " ln " if ln.start() and formula[ln.start() - 1] != "-" else "ln ", formula
    )
    formula = re.sub(r"\\([A-Za-z]+|.)", lambda name: SIGNS.get(name[1], name[1]), formula)
    formula = re.sub(r"\^\{([^{}]*)\}|\^(\w)", _power, formula)
    return re.sub(r"\s+", " ", re.sub(r"[{}]", "", formula)).strip()


def _over(parts):
    above, below = (part if len(part) == 1 else f"({part})" for part in parts.groups() if part)
    return f"({above}/{below})"


def _power(found):
    power = (found[1] or found[2]).strip()
    return power.translate(SMALL) if set(map(ord, power)) <= set(SMALL) else f"^({power})"
