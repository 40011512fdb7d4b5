"""Where the course lies, and what follows from that: links to Binder, Colab and a hub, reports, the site's address.

A copy that names no repository has none of these links.
"""

from urllib.parse import quote, urlencode

BRANCH = "main"


def clone(repository):
    return f"https://github.com/{repository}" if repository else ""


def site(repository):
    """Where GitHub Pages publishes the repository's site."""
    if not repository:
        return ""
    owner, name = repository.split("/")
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def elsewhere(name, repository, hub=""):
    """{where: link} to the notebook `name`, opened to be run."""
    if not repository:
        return {}
    file = f"notebooks/{name}.ipynb"
    links = {
        "Binder": f"https://mybinder.org/v2/gh/{repository}/HEAD?urlpath=lab/tree/{file}",
        "Colab": f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{file}",
    }
    if hub:
        folder = repository.split("/")[1]
        pull = {"repo": clone(repository), "branch": BRANCH, "urlpath": f"lab/tree/{folder}/{file}"}
        links["our hub"] = f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(pull)}"
    return links


def report(page, repository):
    """A new issue that already names the page."""
    return f"{clone(repository)}/issues/new?title={quote(f'{page}: ')}" if repository else ""


def checked(repository):
    """The setting itself, or a sentence about what is wrong with it."""
    if repository and (repository.count("/") != 1 or "" in repository.split("/") or ":" in repository):
        raise ValueError(f"REPOSITORY={repository!r} is no place on GitHub: write it as owner/name.")
    return repository


def sitemap(address, pages):
    """The pages of the site for search engines, which want full addresses."""
    places = "".join(f"<url><loc>{address}{quote(page)}.html</loc></url>\n" for page in sorted(pages))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{places}</urlset>\n"
    )
