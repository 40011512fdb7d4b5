import pytest

from tests.browser import live, pages
from web.browser import browser as start


@pytest.fixture(scope="session")
def chromium():
    with start() as running:
        yield running


@pytest.fixture(scope="session")
def browser(chromium):
    """One fresh profile for all pages that leave nothing behind in it."""
    context = chromium.new_context(viewport=live.SIZE)
    context.set_default_timeout(live.PATIENCE)
    return context


@pytest.fixture(scope="session")
def server(browser):
    with live.server() as running:
        yield running


@pytest.fixture(scope="session")
def site():
    """Where the site lies. A test does not build it: several processes at once would write the same files."""
    assert (pages.SITE / "index.html").is_file(), "there is no site to test: run `make site` first"
    return pages.SITE.as_uri()


@pytest.fixture
def tab(browser):
    """A page for one test, which fails on an error in the console and on a request to another machine."""
    with live.recorded(browser) as page:
        yield page
        assert not page.recorder.problems
