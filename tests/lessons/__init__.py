r"""The numbers in a lesson's words, held outside the lesson: a file a lesson, `test_01.py`, with a class of two tables.

`HELD` gives for a cell (its id) quotes of its words, each with a function that computes the quote's numbers: all of
them, in their order. Its parameters are names of the lesson's variables, as they are when the cell has its turn:

    HELD = {"723beec4": {"it gave $p_t = 1 - 0.7682 = 0.2318$": lambda p, p_t: (1, p[0, 1], p_t[0, 1])}}

A quote must stand in its cell; line breaks do not matter. Each value, rounded to the digits that the quote shows, must
be the quote's number. A function may return True or False instead: then it holds a claim in words, and none of the
quote's numbers. A quote from a code cell is held after the cell has run.

`GIVEN` names in the same way quotes whose numbers are chosen, not computed: `{"7210d77d": ["77 % sure"]}`.

What is a number (`numbers`):
- `1,000` (also `1{,}000`) is a thousand; `77 %` is 0.77, with two digits behind the point. Both minus signs count, but
  only directly before the first digit and not behind a number, a letter or a bracket: none in `1 - 0.5` and `p-1`.
- One number each: `1e-5`, `10^{-5}`, `4 \cdot 10^{-44}`, `10⁻⁵`, `2^{-149}`; also `1/2`, `\frac{1}{2}`, `\frac12`.
- Digits in a name (`float32`, `x_1`, `x_{12}`), in a link's target or in an HTML tag are none, nor are words ('half').

Every number of the words must be accounted for, those in formulas and code spans too. It is, if one of these is true:
- It stands in a quote of `HELD` (held) or of `GIVEN`.
- It is printed by the code cell just before or just after; nbval compares what is printed. The words may leave out the
  sign, and show fewer digits, but no fewer than three.
- It stands in the code of that cell: what the code is given, the words may repeat.
- It is plain: an integer from 0 to 10 or a fraction of two such; 100 %; a year; the number of a list's line; an integer
  directly before 'minutes', or after a word in `COUNTED` ('lessons 01, 02 and 05'; 'section 2.6' too), or before a
  title's ' · '; an article's 000 to 004 at the start of a line or a table's cell, after a comma or a bracket.
Neither nearness nor plainness excuses another way to write 0 (`0.00`, `00`).

The mutation test replaces each digit of each number that is not plain by the nine others: no such change may go unseen.
If one does, because the changed number stands nearby as well, or is plain, put the number into a quote.
"""

import contextlib
import functools
import inspect
import io
import math
import pathlib
import re
from dataclasses import dataclass
from itertools import pairwise

import nbformat
import pytest
import torch

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"
COUNTED = ["lesson", "article", "exercise", "question", "section", "slide", "cell", "figure", "photo", "seed", "step"]
AFTER_SECTION = re.compile(r"\bsections?\s+([\d.]+( and |, and | to | or |, |[–-]))*$", re.I)
AFTER_COUNTED = re.compile(rf"\b({'|'.join(COUNTED)})s?\s+(\d+( and |, and | to | or |, |[–-]))*$", re.I)

SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
POWER = r"(?:\^\{?[-−]?\d+\}?|[⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
NUMBER = re.compile(
    rf"""(?<![\w.^])(?<!_\{{)(?P<sign>(?<![)\]}}])[-−](?=[\d.])|)(?<![A-Za-z_])(?:
    \\[dt]?frac(?:\{{(?P<top>\d+)\}}\{{(?P<under>\d+)\}}|(?P<top1>\d)(?P<under1>\d))
    | (?P<over>\d+)/(?P<below>\d+)(?![\d.])
    | (?P<digits>\d{{1,3}}(?:(?:,|\{{,\}}|[\u2009\u202f])\d{{3}})+(?:\.\d+)?(?!\d) | \d+(?:\.\d+)? | \.\d+)
      (?:[eE](?P<exponent>[-−+]?\d+)(?!\w))?
      (?:\s*(?:\\cdot|\\times|·|×)\s*10(?P<tens>{POWER}) | (?P<power>{POWER}))?
      (?P<percent>\s*(?:\\[,;\ ])?\s*\\?%|\s+per\ ?cent\b)?
    )""",
    re.X,
)
NOT_WORDS = re.compile(r"\]\([^)]*\)|</?[a-z][^>]*>|https?://\S+")
COMMAND = re.compile(r"\\(?![dt]?frac)(?!cdot|times)[A-Za-z]+")


@dataclass(frozen=True)
class Number:
    start: int
    end: int
    text: str
    value: float
    unit: float  # of the last digit shown; 0 for an exact number
    signed: bool

    def shows(self, value):
        """Is it `value`, rounded to the digits shown?"""
        room = self.unit / 2 if self.unit else 1e-6 * abs(self.value)
        return abs(float(value) - self.value) <= room * (1 + 1e-6)

    def repeats(self, value):
        """Is it the printed `value`, or that with fewer digits or without its sign?"""
        value = value if self.signed else abs(value)
        if abs(self.value) >= 99.5 * self.unit:
            return self.shows(value)
        return math.isclose(value, self.value, rel_tol=1e-9)


def _blank(match):
    return " " * len(match[0])


@functools.lru_cache(maxsize=1000)
def numbers(text):
    """The numbers of a text, in their order, with their places."""
    plain = COMMAND.sub(_blank, NOT_WORDS.sub(_blank, text))
    return tuple(_number(match) for match in NUMBER.finditer(plain))


def _number(match):
    part = match.groupdict()
    sign = -1 if part["sign"] else 1
    top, under = part["top"] or part["top1"] or part["over"], part["under"] or part["under1"] or part["below"]
    if top:
        value, unit = (int(top) / int(under) if int(under) else math.nan), 0
    else:
        digits = re.sub(r"[^\d.]", "", part["digits"])
        scale = float("1e" + (part["exponent"] or "0").replace("−", "-"))
        value, unit = float(digits) * scale, 10.0 ** -len(digits.partition(".")[2]) * scale
        if part["tens"]:
            value, unit = value * 10.0 ** _power(part["tens"]), unit * 10.0 ** _power(part["tens"])
        elif part["power"]:
            value = _raised(value, _power(part["power"]))
            unit = value if digits == "10" else 0
        if part["percent"]:
            value, unit = value / 100, unit / 100
    return Number(match.start(), match.end(), match[0], sign * value, unit, sign < 0)


def _power(text):
    return int(re.sub(r"[\^{}]", "", text).translate(SUPERSCRIPT).replace("−", "-"))


def _raised(base, power):
    try:
        return base**power
    except (OverflowError, ZeroDivisionError):
        return math.inf


def is_plain(number, text):
    """One of those that need no check, see above."""
    shown, before = number.text, text[: number.start]
    if re.fullmatch(r"[-−]?(\d|10)", shown) or re.fullmatch(r"100(\s|\\[, ])*\\?%", shown):
        return True
    if re.fullmatch(r"(\d|10)/(\d|10)|\\[dt]?frac(\{(\d|10)\}\{(\d|10)\}|\d\d)", shown):
        return True
    if re.fullmatch(r"(\d|10)\^\{?[-−]?\d\}?", shown) and not shown.startswith("10"):
        return True
    if re.fullmatch(r"(19|20)\d\d", shown) or (re.fullmatch(r"\d\d", shown) and text[number.end :].startswith(" · ")):
        return True
    if re.fullmatch(r"\d+", shown) and re.search(r"(^|\n)\s*$", before) and text[number.end :].startswith(". "):
        return True
    if re.fullmatch(r"\d+", shown) and re.match(r"\s+minutes?\b", text[number.end :]):
        return True
    if re.fullmatch(r"00[0-4]", shown) and re.search(r"(^|\n|\| |, |\()$", before):
        return True
    if re.fullmatch(r"\d+\.\d+", shown):
        return bool(AFTER_SECTION.search(before))
    return bool(re.fullmatch(r"\d+", shown) and AFTER_COUNTED.search(before))


def places(quote, text):
    """Where a quote stands, whatever its line breaks, cutting no number of the text in two."""
    found, inside = [], numbers(text)
    for match in re.finditer(r"\s+".join(map(re.escape, quote.split())), text):
        start, end = match.span()
        if all(n.end <= start or n.start >= end or (start <= n.start and n.end <= end) for n in inside):
            found.append((start, end))
    return found


def printed(cell):
    """What a code cell shows as text."""
    parts = []
    for output in cell.get("outputs", ()):
        parts += [output.get("text", ""), str(output.get("data", {}).get("text/plain", ""))]
    return "\n".join(parts)


def flat(values):
    """The numbers that a check returns, one after the other: tensors, lists and dicts are taken apart."""
    if isinstance(values, dict):
        return flat(list(values.values()))
    if isinstance(values, torch.Tensor):
        return values.detach().double().flatten().tolist()
    if isinstance(values, (list, tuple, type({}.values()))):
        return [one for value in values for one in flat(value)]
    return [values]


class Lesson:
    """The tests of one lesson. A subclass in `test_01.py` has the tables of lesson 01."""

    HELD, GIVEN = {}, {}

    @pytest.fixture(scope="class")
    @classmethod
    def cells(cls):
        (path,) = NOTEBOOKS.glob(f"{cls.__module__[-2:]}_*.ipynb")
        return nbformat.read(path, as_version=4).cells

    @pytest.fixture(scope="class")
    @classmethod
    def results(cls, cells):
        return cls.evaluate(cells)

    @classmethod
    def evaluate(cls, cells):
        """What each check returns after its cell had its turn. The lesson is run once, in this process."""
        namespace, found = {"__name__": "__main__"}, {}
        with contextlib.chdir(NOTEBOOKS), contextlib.redirect_stdout(io.StringIO()):
            for i, cell in enumerate(cells):
                if cell.cell_type == "code":
                    run(cell, namespace, f"cell {i} ({cell.id})")
                for quote, function in cls.HELD.get(cell.id, {}).items():
                    found[cell.id, quote] = answer(function, namespace)
        torch.set_printoptions(profile="default")
        return found

    def test_every_quote_stands_in_its_cell(self, cells):
        ids = {cell.id for cell in cells}
        gone = [f"there is no cell {i} any more" for i in (*self.HELD, *self.GIVEN) if i not in ids]
        gone += [problem for i, cell in enumerate(cells) for problem in self.missing(i, cell, cell.source)]
        assert not gone, "\n" + "\n".join(gone)

    def test_every_number_is_what_the_lesson_computes(self, cells, results):
        wrong = []
        for i, cell in enumerate(cells):
            for quote in self.HELD.get(cell.id, {}):
                wrong += [
                    f"cell {i} ({cell.id}), “{quote}”: {said}" for said in compare(quote, results[cell.id, quote])
                ]
        assert not wrong, "\n" + "\n".join(wrong)

    def test_every_number_is_accounted_for(self, cells, results):
        near = nearby(cells)
        loose = [
            f"cell {i} ({cell.id}): {number.text.strip()} in “{around(cell.source, number)}”"
            for i, cell in enumerate(cells)
            if cell.cell_type == "markdown"
            for number in self.unaccounted(cell, cell.source, near[i], results)
        ]
        assert not loose, "\n" + "\n".join(loose)

    def test_a_changed_digit_is_seen(self, cells, results):
        near, unseen, tried = nearby(cells), [], 0
        for i, cell in enumerate(cells):
            if cell.cell_type != "markdown":
                continue
            for number in numbers(cell.source):
                if is_plain(number, cell.source):
                    continue
                for text in mutants(cell.source, number):
                    tried += 1
                    if not self.missing(i, cell, text) and not self.unaccounted(cell, text, near[i], results):
                        change = text[number.start : number.end]
                        unseen.append(f"cell {i} ({cell.id}): {change} in “{around(cell.source, number)}”")
        assert tried
        assert not unseen, "\n" + "\n".join(unseen)

    def missing(self, i, cell, text):
        """The quotes that do not stand in `text`, the cell's words or a mutant of them."""
        quotes = [*self.HELD.get(cell.id, ()), *self.GIVEN.get(cell.id, ())]
        return [f"cell {i} ({cell.id}) no longer says “{quote}”" for quote in quotes if not places(quote, text)]

    def unaccounted(self, cell, text, near, results):
        quotes = [q for q in self.HELD.get(cell.id, ()) if isinstance(results[cell.id, q], list)]
        spans = [place for quote in (*quotes, *self.GIVEN.get(cell.id, ())) for place in places(quote, text)]
        said, code = near
        return [
            number
            for number in numbers(text)
            if not is_plain(number, text)
            and not any(start <= number.start and number.end <= end for start, end in spans)
            and not (number.value and any(number.repeats(value) for value in said))
            and not (number.value and any(math.isclose(number.value, value, rel_tol=1e-9) for value in code))
        ]


def run(cell, namespace, place):
    """Runs a cell as `place`, the name that a traceback shows."""
    expected = "raises-exception" in cell.metadata.get("tags", ())
    with pytest.raises(Exception) if expected else contextlib.nullcontext():  # noqa: PT011
        exec(compile(cell.source, place, "exec"), namespace)


def answer(function, namespace):
    """What a check returns as a list of numbers, or True or False, or the exception that it raises."""
    names = inspect.signature(function).parameters
    if missing := [name for name in names if name not in namespace]:
        return NameError(f"the lesson has no {', '.join(missing)} when this cell has its turn")
    try:
        found = function(*(namespace[name] for name in names))
        return found if isinstance(found, bool) else [float(value) for value in flat(found)]
    except Exception as error:
        return error


def compare(quote, got):
    """What is wrong with the numbers of a quote, in sentences."""
    if isinstance(got, Exception):
        return [f"{type(got).__name__}: {got}"]
    if isinstance(got, bool):
        return [] if got else ["does not hold"]
    shown = numbers(quote)
    if len(shown) != len(got) or not shown:
        return [f"has {len(shown)} numbers, {[n.text for n in shown]}; the check returns {len(got)}, {got}"]
    return [f"{n.text} is {value!r}" for n, value in zip(shown, got, strict=True) if not n.shows(value)]


def nearby(cells):
    """For each cell the values that the code cells next to it print, and those in their code."""
    code = [i for i, cell in enumerate(cells) if cell.cell_type == "code"]
    near = {}
    for before, after in pairwise([-1, *code, len(cells)]):
        found = [cells[i] for i in (before, after) if 0 <= i < len(cells)]
        said = [number.value for cell in found for number in numbers(printed(cell))]
        given = [number.value for cell in found for number in numbers(cell.source)]
        near |= dict.fromkeys(range(before + 1, after), (said, given))
    return near


def mutants(text, number):
    for place in range(number.start, number.end):
        if text[place].isdecimal():
            for digit in "0123456789".replace(text[place], ""):
                yield text[:place] + digit + text[place + 1 :]


def around(text, number, room=30):
    return text[max(0, number.start - room) : number.end + room].replace("\n", " ").strip()
