"""Lessons on paper, in site/handouts: `python -m web.handout site/NN_name.html …` prints pages by site.css's rules."""

import pathlib
import sys

from web.browser import browser as start

TARGET = pathlib.Path(__file__).parents[1] / "site/handouts"
FOOTER = """<div style="display: flex; justify-content: space-between;
width: 100%; margin: 0 16mm; font: 9pt sans-serif">
<span class="title"></span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>"""
READY = "() => Promise.all([document.fonts.ready, ...[...document.images].map(image => image.decode())])"

# Paper has no folds. The code of a figure is left out. All else that waits behind a click stands at the end, under the
# headline it belongs to: who reads a question does not see its answer.
UNFOLD = """() => {
    const made = (tag, textContent, parent) =>
        parent.appendChild(Object.assign(document.createElement(tag), {textContent}));
    for (const code of document.querySelectorAll('.cell_output + details')) code.remove();
    const end = document.createElement('section');
    made('h2', 'Answers and solutions', end);
    let above = null, number = 0;
    for (const fold of document.querySelectorAll('article details:not(details details)')) {
        const headline = fold.closest('section').querySelector('h1, h2, h3');
        if (headline !== above) {
            const copy = end.appendChild(document.createElement('h3'));
            copy.append(...headline.cloneNode(true).childNodes);
            copy.querySelector('.headerlink')?.remove();
            above = headline;
        }
        const summary = fold.querySelector('summary'), name = summary.querySelector('.collapsed') ?? summary;
        const what = name.textContent.trim().replace(/^Show the s/, 'S').replace(/^Show the c/, 'C');
        const label = made('p', '', end), pointer = document.createElement('p');
        made('strong', what, label).id = `fold-${++number}`;
        label.className = 'unfolded';
        made('a', `${what}: at the end`, pointer).href = `#fold-${number}`;
        summary.remove();
        fold.replaceWith(pointer);
        end.append(...fold.childNodes);
    }
    if (number) document.querySelector('article > section').append(end);
}"""

# Without a font for Chinese, two of its characters are the same box.
BOXES = r"""() => {
    const [one, other] = new Set(document.querySelector('article').textContent.match(/\p{Script=Han}/gu));
    if (!other) return false;
    const drawn = character => {
        const canvas = Object.assign(document.createElement('canvas'), {width: 40, height: 40});
        const context = canvas.getContext('2d');
        context.font = `32px ${getComputedStyle(document.body).fontFamily}`;
        context.fillText(character, 2, 34);
        return canvas.toDataURL();
    };
    return drawn(one) === drawn(other);
}"""
NO_FONT = (
    "{} in Chinese prints as boxes, because this machine has no font for it: install one "
    "(on Debian: apt install fonts-wqy-microhei), delete site/handouts and run make site again."
)


def main(*sources):
    TARGET.mkdir(parents=True, exist_ok=True)
    boxes = []
    with start() as browser:
        page = browser.new_page(color_scheme="light")
        for source in map(pathlib.Path, sources):
            prepare(page, source)
            if page.evaluate(BOXES):
                boxes.append(source.stem)
            page.pdf(
                path=TARGET / f"{source.stem}.pdf", prefer_css_page_size=True, print_background=True, tagged=True,
                outline=True, display_header_footer=True, header_template="<span></span>", footer_template=FOOTER,
            )  # fmt: skip
    if boxes:
        print(NO_FONT.format(f"What the handout of {' and '.join(boxes)} quotes"))


def prepare(page, source):
    """Open a page and make it what is printed."""
    page.goto(source.resolve().as_uri())
    page.evaluate(UNFOLD)
    page.evaluate(READY)


if __name__ == "__main__":
    main(*sys.argv[1:])
