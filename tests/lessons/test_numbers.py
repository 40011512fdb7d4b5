"""What is read as a number, and that a lesson whose words or results have changed is refused."""

import nbformat
import pytest

from tests.lessons import Lesson, compare, is_plain, mutants, nearby, numbers, places

READ = {
    "1,000 or 12,345.5": [1000, 12345.5],
    "$1{,}000$": [1000],
    "77 % sure, $77\\,\\%$, 0.5 %, 3 per cent": [0.77, 0.77, 0.005, 0.03],
    "from $-1.1$ to −0.5": [-1.1, -0.5],
    "$1 - 0.5$, p-1, (p)-2, 5-10": [1, 0.5, 1, 2, 5, 10],
    "1e-5, $10^{-5}$, 10⁻⁵, $10^5$": [1e-5, 1e-5, 1e-5, 1e5],
    "$4 \\cdot 10^{-44}$ and 4·10⁻⁴⁴": [4e-44, 4e-44],
    "$2^{-149}$, $e^{-100}$, $p^2$": [2.0**-149, -100],
    "1/2, $\\frac{1}{4}$, $\\frac12$, $\\tfrac{2}{6}$": [0.5, 0.25, 0.5, 2 / 6],
    "$-\\ln2 \\approx0.69$, $k=43.4$": [2, 0.69, 43.4],
    "float32, `x_1`, $x_{12}$, smooth_l1, 第50篇": [],
    "[02 · next](02_weighted.ipynb), <img width='320'>": [2],
    "It ends with 27.63. Then 1, 2 and half.": [27.63, 1, 2],
    "| 0.5 | 0.1 |\n|---|---|": [0.5, 0.1],
    "`[0.2, 0.7]`, 0.01…0.99": [0.2, 0.7, 0.01, 0.99],
}


@pytest.mark.parametrize("text", READ)
def test_numbers(text):
    assert [number.value for number in numbers(text)] == pytest.approx(READ[text], rel=1e-12)


@pytest.mark.parametrize(
    ("quote", "value", "right"),
    [
        ("0.2318", 0.23178, True),
        ("0.2318", 0.23174, False),
        ("77 %", 0.7682, True),
        ("77 %", 77, False),
        ("1,000", 1000.4, True),
        ("20", 20.6, False),
        ("$4 \\cdot 10^{-44}$", 3.72e-44, True),
        ("$4 \\cdot 10^{-44}$", 3e-44, False),
        ("$-0.5$", 0.5, False),
        ("1/3", 0.33333, False),
        ("1/3", 1 / 3, True),
        ("0.5", float("nan"), False),
    ],
)
def test_a_number_is_the_value_rounded_to_its_digits(quote, value, right):
    assert (not compare(quote, [value])) == right


PLAIN = "8; 10; 100 %; 2/6; in 2017; 12 minutes; lessons 01, 02 and 11; ## 01 · A; sections 2.1 to 2.3; | 003, 004 |"
NOT_PLAIN = "11; 0.0; is 000; 99 %; 100; lesson 04 shows 12; step 0.5; 1e-5; 10^5"


@pytest.mark.parametrize("text", PLAIN.split("; "))
def test_plain(text):
    assert all(is_plain(number, text) for number in numbers(text))


@pytest.mark.parametrize("text", NOT_PLAIN.split("; "))
def test_not_plain(text):
    assert not is_plain(numbers(text)[-1], text)


def test_a_quote_cuts_no_number_in_two():
    assert not places("is 0.69", "it is 0.6931")
    assert places("is 0.69", "it is 0.6931, it\nis\n0.69")


def test_mutants():
    assert len(set(mutants("is 0.5", numbers("is 0.5")[0]))) == 18


def cells(words="The sum is 5.25. From 2.5 on.", code="a = 2.5\nb = a + 2.75"):
    made = [nbformat.v4.new_code_cell(code), nbformat.v4.new_markdown_cell(words)]
    made[1].id = "words"
    return made


class Sum(Lesson):
    HELD = {"words": {"The sum is 5.25": lambda b: b}}


def failures(these):
    """Of the four tests of a lesson with these cells, the names of those that fail."""
    lesson, results = Sum(), Sum.evaluate(these)
    failed = []
    for name, needed in {
        "test_every_quote_stands_in_its_cell": (these,),
        "test_every_number_is_what_the_lesson_computes": (these, results),
        "test_every_number_is_accounted_for": (these, results),
        "test_a_changed_digit_is_seen": (these, results),
    }.items():
        try:
            getattr(lesson, name)(*needed)
        except AssertionError as error:
            failed.append(f"{name}: {error}")
    return "\n".join(failed)


def test_the_right_lesson_passes():
    assert not failures(cells())


@pytest.mark.parametrize(
    ("these", "said"),
    [
        (cells(words="The sum is 5.26. From 2.5 on."), "cell 1 (words) no longer says “The sum is 5.25”"),
        (cells(code="a = 2.5\nb = a + 2.74"), "cell 1 (words), “The sum is 5.25”: 5.25 is 5.24"),
        (cells(code="a = 2.5"), "NameError: the lesson has no b when this cell has its turn"),
        (cells()[:1], "there is no cell words any more"),
        (cells(words="The sum is 5.25. From 2.4 on."), "cell 1 (words): 2.4 in “The sum is 5.25. From 2.4 on.”"),
        (cells(code="a = 2.5\nb = a + 2.75\nc = 2.4"), "cell 1 (words): 2.4 in"),
    ],
)
def test_a_wrong_lesson_is_refused(these, said):
    assert said in failures(these)


def test_what_is_near():
    these = [*cells(), nbformat.v4.new_code_cell("print(7)")]
    these[2].outputs = [nbformat.v4.new_output("stream", name="stdout", text="0.6931\n")]
    assert nearby(these) == {1: ([0.6931], [2.5, 2.75, 7])}
    loose = Sum().unaccounted(these[1], "0.693, 0.69, 0.6932, 2.50", nearby(these)[1], Sum.evaluate(these))
    assert [number.text for number in loose] == ["0.69", "0.6932"]
