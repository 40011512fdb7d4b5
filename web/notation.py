"""The mathematics of a docstring as TeX: "dL/ds = σ(s) - y, which is 0 for …" has a formula in front of its words.

Docstrings write formulas as one would in a letter: x_t, e^-s, Σ_j p_j·ln p_j, (p - y)/(1 - p). What is one, is seen
from its signs: single letters, numbers, functions such as ln, operators between them; a word of two letters ends it.
"""

import functools
import re

FUNCTIONS = {name: rf"\{name}" for name in ("ln", "log", "max", "min")} | {
    name: rf"\operatorname{{{name}}}" for name in ("softmax", "softplus", "sign", "log1p", "KL")
}
QUANTITIES = {"ce": r"\mathrm{ce}"}
SIGNS = {
    "·": r"\cdot ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "→": r"\to ", "∞": r"\infty ", "±": r"\pm ",
    "‖": r"\,\|\,", "...": r"\dots ", ",": r",\,",
    **{sign: sign for sign in "<>=+-/"},
}  # fmt: skip
RAISED = {"²": "^{2}", "₁": "_{1}", "₂": "_{2}", "'": "'"}

PARTS = re.compile(
    r"""(?P<code>`+[^`]+`+) | (?P<address>https?://\S*[\w/])
    | (?P<literal>"[^"\s]*" | [A-Za-z_]\w+=(?:"\w+"|[\w.]+) | [A-Za-z]{2,}\d?(?:_\w+)+\b | \b_\w+\b)
    | (?P<math>(?:ln|log)(?=\(|[ ](?:[^\W_a]|0)(?!\w*[A-Za-z]{2}))
        | (?:max|min|softmax|softplus|sign|log1p)(?=\() | KL(?=[(/]) | ce\b | d(?=[LIHpsxw](?![A-Za-z]))
        | _\{[^}]*\} | _[A-Za-z0-9]+ | \^ | (?<=\^)[A-Za-z]{2,} | [a-z]{3,}(?=[ ]-[ ][a-z]·|·)
        | \d+(?:\.\d+)?(?:e[+-]?\d+)? | \.\.\. | [Α-ω∂] | (?![aA]\b(?!['(]))[A-Za-z](?![A-Za-z]|['’-][A-Za-z]{2}|['’]s)
        | (?<=[σf])'(?=\() | \[[a-z]\] | [·≤≥≠→∞±‖<>=+\-/,()|²₁₂])
    | (?P<space>\s+) | (?P<word>[A-Za-z]\w*(?:[-'’][A-Za-z]\w*)* | .)""",
    re.X,
)
TOKENS = re.compile(
    r"""\s+ | (?<=\^)[A-Za-z]{2,} | [a-z]{3,}(?=[ ]-[ ][a-z]·|·) | ln|log1p|log|max|min|softmax|softplus|sign|KL|ce
    | _\{[^}]*\} | _[A-Za-z0-9]+ | \d+(?:\.\d+)?(?:e[+-]?\d+)? | \.\.\. | \[[a-z]\] | .""",
    re.X,
)


def typeset(text, large=False):
    """Plain text as reStructuredText, with its formulas as formulas and its code as code; large ones have fractions."""
    written, run = [], []
    for part in PARTS.finditer(text):
        kind, piece = part.lastgroup, part[0]
        if kind == "math" and (piece not in ",)" or _depth(run) > 0):
            run.append(piece)
        elif kind == "space" and run:
            run.append(" ")
        else:
            written += [_run("".join(run), large), _prose(kind, piece)]
            run = []
    return "".join([*written, _run("".join(run), large)])


def _depth(run):
    return run.count("(") - run.count(")")


def _prose(kind, piece):
    if kind == "literal":
        return rf"\ ``{piece}``\ "
    return piece if kind in ("code", "address", "space") else re.sub(r"([*|\\_`])", r"\\\1", piece)


def _run(signs, large):
    """A formula with the brackets and signs around it that are not its own."""
    inner = re.fullmatch(r"((?:\s|[=·<>/,+]|[-±→](?=\s)|\((?=[^)]*$))*)(.*?)((?:\s|[-=·<>/,+±→(])*)", signs, re.S)
    before, formula, after = inner.groups()
    while _depth(formula) > 0 and formula.startswith("("):
        before, formula = before + "(", formula[1:]
    if not re.search(r"[^\W\d_]|[∂|∞]", re.sub(r"\d+e-?\d+", "", formula)) or _depth(formula):
        return re.sub(r"([*|_])", r"\\\1", signs)
    return rf"{before}\ :math:`{tex(formula, large)}`\ {after}"


@functools.cache
def tex(formula, large=False):
    """A formula of a docstring in TeX. Raises ValueError for brackets and signs that lack their other half."""
    reader = _Reader(formula, large)
    found = (r"\displaystyle " if large else "") + reader.sequence().strip()
    if reader.tokens:
        raise ValueError(f"the formula {formula!r} goes on with {reader.tokens[-1]!r}, which nothing opened.")
    return found


class _Reader:
    def __init__(self, formula, large):
        self.formula, self.large = formula, large
        self.tokens = [token for token in TOKENS.findall(formula) if token.strip()][::-1]

    def next(self):
        if not self.tokens:
            raise ValueError(f"the formula {self.formula!r} ends too early.")
        return self.tokens.pop()

    def follows(self, *tokens):
        return bool(self.tokens) and self.tokens[-1].startswith(tokens)

    def sequence(self, end=()):
        """Operands and the signs between them, up to a closing bracket."""
        found = []
        while self.tokens and not self.follows(")", *end):
            if self.follows("/") and self.large and found:
                self.next()
                above, below = _bare(found.pop()), _bare(self.operand())
                found.append(rf"\frac{{{above}}}{{{below}}}")
            elif self.tokens[-1] in SIGNS:
                found.append(SIGNS[self.next()])
            else:
                found.append(self.operand())
        return "".join(found)

    def operand(self):
        token = self.next()
        if token in "d∂" and self.tokens and not self.follows("_", *SIGNS, ")", *"0123456789"):
            return {"d": "d", "∂": r"\partial "}[token] + self.operand()
        if token == "Σ":
            index = self.raised()
            return (rf"\sum{index} " if index else r"{\textstyle\sum} ") + (self.operand() if self.tokens else "")
        if token in FUNCTIONS:
            return FUNCTIONS[token] + (" " + self.operand() if self.tokens and not self.follows("/") else "")
        if token in "(|":
            inner = self.sequence(end="|" if token == "|" else ())
            self.next()
            size = r"\left", r"\right"
            left, right = "()" if token == "(" else (r"\lvert ", r"\rvert ")
            tall = r"\frac" in inner or r"\sum" in inner
            return (f"{size[0]}{left}{inner}{size[1]}{right}" if tall else f"{left}{inner}{right}") + self.raised()
        number = re.fullmatch(r"(\d+(?:\.\d+)?)(?:e([+-]?\d+))?", token)
        if number:
            power = f"10^{{{number[2]}}}" if number[2] else ""
            return power if power and number[1] == "1" else number[1] + (r"\cdot " + power if power else "")
        name = rf"\mathit{{{token}}}" if token.isalpha() and len(token) > 1 else token
        index = f"_{{{self.next()}}}" if self.tokens and self.tokens[-1].isdecimal() else ""  # d1
        symbol = QUANTITIES.get(token, name) + index + self.raised()
        return symbol + (self.operand() if self.follows("(") else "")

    def raised(self):
        """What stands high or low behind an operand."""
        found = ""
        while self.tokens:
            token = self.tokens[-1]
            if token in RAISED:
                found += RAISED[self.next()]
            elif token.startswith("_"):
                found += f"_{{{_words(self.next()[1:].strip('{}'))}}}"
            elif token.startswith("["):
                found += self.next()
            elif token == "^":
                self.next()
                sign = self.next() if self.follows("-") else ""
                found += f"^{{{sign}{_bare(self.operand())}}}"
            else:
                break
        return found


def _words(index):
    """An index may say in words what it runs over."""
    return rf"{index[0]}\ \text{{{index[1:].strip()}}}" if " " in index else index.replace("≠", r"\ne ")


def _bare(operand):
    """Without the brackets around all of it, which a fraction and an exponent make needless."""
    inner = re.fullmatch(r"(?:\\left)?\((.*?)(?:\\right)?\)", operand)
    depth = 0
    for sign in inner[1] if inner else "":
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return operand
    return inner[1] if inner else operand
