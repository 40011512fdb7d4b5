import pytest

from tests.browser import live
from web.browser import browser as start


@pytest.fixture(scope="session")
def browser():
    """One Chromium, and in it one fresh profile, for all pages."""
    with start() as running:
        yield running.new_context(viewport=live.SIZE)


@pytest.fixture(scope="session")
def server(browser):
    with live.server() as running:
        yield running


@pytest.fixture(scope="module")
def tab(browser):
    """A page for the tests of one module."""
    page = browser.new_page()
    page.recorder = live.Recorder(page)
    yield page
    page.close()


@pytest.fixture
def page(browser):
    """A page for one test, which fails on an error in the console and on a request to another machine."""
    page = browser.new_page()
    recorder = live.Recorder(page)
    yield page
    page.close()
    assert not recorder.problems
