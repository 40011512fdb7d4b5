"""What brings a page's slider figures to life, as text. Nothing of lossutils is imported: that would load torch."""

import pathlib

EXPLORE = pathlib.Path(__file__).parents[1] / "lossutils/explore"


def script():
    """`figure.js` and its host as one classic script: a browser loads no module from a file."""
    drawing, host = ((EXPLORE / name).read_text(encoding="utf-8") for name in ("figure.js", "host.js"))
    export = "export default {render};\n"
    if drawing.count(export) != 1:
        raise ValueError(f"figure.js must hold {export.strip()!r} once: the host takes its place.")
    return f"(() => {{\n{drawing.replace(export, '')}\n{host}}})();\n"


def style():
    return "".join((EXPLORE / name).read_text(encoding="utf-8") for name in ("figure.css", "host.css"))
