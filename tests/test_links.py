"""Where the course lies: the links that follow from one setting, and none without it."""

from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from web import index, links


def test_what_is_not_named_is_not_linked_to():
    assert links.elsewhere("01_bce_by_hand", "", "https://hub.example.org") == {}
    assert links.report("01_bce_by_hand", "") == links.clone("") == links.site("") == ""


def test_a_lesson_opens_elsewhere():
    found = links.elsewhere("01_bce_by_hand", "owner/losses")
    assert list(found) == ["Binder", "Colab"]
    assert found["Binder"].endswith("/gh/owner/losses/HEAD?urlpath=lab/tree/notebooks/01_bce_by_hand.ipynb")
    assert found["Colab"].endswith("/github/owner/losses/blob/main/notebooks/01_bce_by_hand.ipynb")
    hub = urlsplit(links.elsewhere("01_bce_by_hand", "owner/losses", "https://hub.example.org/")["our hub"])
    assert (hub.netloc, hub.path) == ("hub.example.org", "/hub/user-redirect/git-pull")
    assert parse_qs(hub.query) == {
        "repo": ["https://github.com/owner/losses"],
        "branch": ["main"],
        "urlpath": ["lab/tree/losses/notebooks/01_bce_by_hand.ipynb"],
    }


def test_the_address_of_the_site():
    assert links.site("Owner/losses") == "https://owner.github.io/losses/"
    assert links.site("Owner/owner.github.io") == "https://owner.github.io/"


@pytest.mark.parametrize("wrong", ["losses", "https://github.com/owner/losses", "owner/", "/losses", "a/b/c"])
def test_a_wrong_place_is_named(wrong):
    with pytest.raises(ValueError, match="write it as owner/name"):
        links.checked(wrong)


def test_the_sitemap_has_every_page():
    tree = ElementTree.fromstring(links.sitemap("https://owner.github.io/losses/", ["index", "a b"]).encode())
    assert [place.text for place in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")] == [
        "https://owner.github.io/losses/a%20b.html",
        "https://owner.github.io/losses/index.html",
    ]


def test_every_lesson_describes_itself():
    lessons = [index.lesson(path) for path in sorted(index.NOTEBOOKS.glob("*.ipynb"))]
    assert len({lesson.description for lesson in lessons}) == len(lessons)
    for lesson in lessons:
        assert 60 < len(lesson.description) <= 250
        assert not set("<>*`\n") & set(lesson.description)


def test_every_lesson_is_in_one_group():
    grouped = [number for group in index.GROUPS.values() for number in group]
    assert sorted(grouped) == [path.name[:2] for path in sorted(index.NOTEBOOKS.glob("*.ipynb"))]
