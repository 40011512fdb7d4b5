"""No link of the whole built site is broken: the files are there, and in them the places that links name."""

import functools
import html.parser
import re
import urllib.parse

from tests.browser.pages import SITE


class Page(html.parser.HTMLParser):
    """What a page asks for, and the places in it that others can name."""

    def __init__(self, file):
        super().__init__()
        self.links, self.places = set(), set()
        # Numbers of figures and code of slides hold no links, and there are megabytes of them.
        self.feed(re.sub(r"(<(script|style)\b[^>]*>).*?</\2>", r"\1</\2>", file.read_text("utf-8"), flags=re.S))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.places |= {given[name] for name in ("id", "name") if given.get(name)}
        self.links |= {given[name] for name in ("href", "src", "poster") if given.get(name)}


parsed = functools.cache(Page)


def problem(link, page):
    """What is wrong with a link of a page, if it is one into the site."""
    address = urllib.parse.urlsplit(link)
    if address.scheme:
        return None if address.scheme in ("https", "http", "data", "mailto") else "leads nowhere on a reader's machine"
    file = (page.parent / urllib.parse.unquote(address.path)).resolve() if address.path else page
    place = urllib.parse.unquote(address.fragment)
    if not file.is_relative_to(SITE) or not file.is_file():
        return "there is no such file"
    if place and file.suffix == ".html" and place not in parsed(file).places:
        return "the page has no such place"
    return None


def test_no_link_is_broken(site):
    broken, seen = [], 0
    for page in sorted(SITE.rglob("*.html")):
        links = parsed(page).links
        seen += len(links)
        broken += [(page.relative_to(SITE).as_posix(), link, why) for link in links if (why := problem(link, page))]
    assert seen > 1000
    assert not broken, "\n".join(map(str, broken))


def test_no_style_asks_for_what_is_not_there(site):
    sheets = sorted(SITE.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        for link in re.findall(r"url\(['\"]?([^'\")]+)", sheet.read_text("utf-8")):
            if not re.search(r"\.(woff|ttf)$", link):  # the second and third choice of no browser that reads the first
                assert not problem(link, sheet), f"{sheet} asks for {link}"
