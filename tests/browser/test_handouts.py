"""The printed lessons: paper, margins, fonts and words, read from the PDFs themselves."""

import re

import nbformat
import pytest
from pypdf import PdfReader, mult

from tests.browser.live import NOTEBOOKS
from tests.browser.pages import LESSONS, SITE
from web import handout

MM = 72 / 25.4  # points
A4 = 210 * MM, 297 * MM
SIDE, TOP = 16 * MM, 18 * MM  # what web/site.css keeps free
SMALLEST = 6 * 2**0.5  # points: two pages on one sheet are printed at 71 %, and 6 points can still be read

# In Chinese: the titles of the articles.
CHINESE = NOTEBOOKS / "00_start_here.ipynb"
TITLES = re.findall(r"^\| 00\d \|.*\| (.+) \|$", "\n".join(c.source for c in nbformat.read(CHINESE, 4).cells), re.M)


def embedded(font):
    """Whether the file of a font is in the PDF, so that it prints alike everywhere."""
    (font,) = font.get("/DescendantFonts", [font])
    return any(key.startswith("/FontFile") for key in font.get_object()["/FontDescriptor"])


def words(page):
    """(text, x, y, height, font) of each piece of text, in points from the lower left."""
    found = []

    def see(text, outer, inner, font, size):
        if text.strip():
            _, _, c, d, x, y = mult(inner, outer)
            found.append((text, x, y, size * (c * c + d * d) ** 0.5, font["/BaseFont"]))

    page.extract_text(visitor_text=see)
    return found


@pytest.fixture(scope="module", params=LESSONS)
def printed(site, request):
    return request.param, PdfReader(SITE / f"handouts/{request.param}.pdf")


def test_paper_and_fonts(printed):
    _, pdf = printed
    fonts = {}
    for page in pdf.pages:
        assert (page.mediabox.width, page.mediabox.height) == pytest.approx(A4, abs=1)
        fonts |= {font["/BaseFont"]: font for font in (it.get_object() for it in page["/Resources"]["/Font"].values())}
    assert len(fonts) >= 3
    assert not [name for name, font in fonts.items() if not embedded(font)]


def test_the_first_page(printed):
    """Its headline can be searched for, in the margins is only the line below, and all of it is large enough."""
    lesson, pdf = printed
    said = words(pdf.pages[0])
    headline = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", 4).cells[0].source.splitlines()[0]
    assert headline.startswith(f"# {said[0][0].strip()}")  # a long one goes on in the next line
    assert pdf.metadata.title.startswith(headline.removeprefix("# "))
    assert all(SIDE - 2 <= x <= A4[0] - SIDE and y <= A4[1] - TOP for _, x, y, *_ in said)  # a letter may lean out
    below = " ".join(text.strip() for text, _, y, *_ in said if y < TOP)
    assert below == f"{pdf.metadata.title} 1 / {len(pdf.pages)}"
    assert not [text for text, *_, height, font in said if height < SMALLEST and "KaTeX" not in font]


def test_chinese_titles(tab, site):
    """They are drawn and can be searched for; or this machine has no font for them, and the build has said so."""
    tab.goto(f"{site}/{CHINESE.stem}.html")
    boxes = tab.evaluate(handout.BOXES)
    said = "".join(page.extract_text() for page in PdfReader(SITE / f"handouts/{CHINESE.stem}.pdf").pages)
    said = re.sub(r"\s", "", said)
    assert len(TITLES) == 5
    for title in TITLES:
        assert (re.sub(r"\s", "", title) in said) != boxes, handout.NO_FONT.format(title)
