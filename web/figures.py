"""What brings a page's slider figures to life, as text. Nothing of lossutils is imported: that would load torch."""

import pathlib

EXPLORE = pathlib.Path(__file__).parents[1] / "lossutils/explore"


def script():
    """The figure's modules and their host as one classic script: a browser loads no module from a file."""
    *drawing, host = (
        (EXPLORE / name).read_text(encoding="utf-8") for name in ("levels.js", "marks.js", "figure.js", "host.js")
    )
    export = "export default {render};\n"
    if drawing[-1].count(export) != 1:
        raise ValueError(f"figure.js must hold {export.strip()!r} once: the host takes its place.")
    return f"(() => {{\n{chr(10).join(drawing).replace(export, '')}\n{host}}})();\n"


def style():
    return "".join((EXPLORE / name).read_text(encoding="utf-8") for name in ("figure.css", "host.css"))
