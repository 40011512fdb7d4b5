"""A slider figure for a page without a kernel: the same payload, in HTML that `host.js` brings to life.

What a reader without JavaScript sees, and what a printer prints, is the still picture and a table of a few values.
"""

import base64
import html
import json
import math
import struct

import numpy as np

SHOWN = (0, 0.25, 0.5, 0.75, 1)  # where on the axis the table of a few values looks


def figure(explorer, payload, picture):
    """The figure as one element: `host.js` reads the payload in it, and everyone else what stands beside that."""
    starts = {f"at_{v.name}": v.start if v.labels else float(v.values[v.start]) for v in explorer._variables}
    data = json.dumps(
        {
            "meta": payload["meta"], "table": _packed(payload["table"]),
            "codes": _packed_codes(payload["codes"], payload["meta"]["shapes"]), "at": starts,
        },
        ensure_ascii=False, separators=(",", ":"), allow_nan=False,
    ).replace("<", "\\u003c")  # fmt: skip
    width, height = struct.unpack(">II", picture[16:24])
    source = base64.b64encode(picture).decode()
    alt = html.escape(payload["meta"]["description"])
    return (
        f'<div class="lossutils-explorer"><script type="application/json">{data}</script>'
        f'<div class="lossutils-still"><img alt="{alt}" width="{width}" height="{height}" '
        f'src="data:image/png;base64,{source}">{_few_values(explorer)}</div></div>'
    )


def _packed(table):
    """The table in base64, arranged so that gzip finds something: 40 % of the bytes that travel otherwise.

    Neighbours on a smooth curve have similar bits, so their second differences are small, and the bytes of equal weight
    lie together. Nothing is lost: the differences are those of whole numbers, modulo 2³².
    """
    bits = np.frombuffer(table, np.uint32)
    differences = np.diff(np.diff(bits, prepend=np.uint32(0)), prepend=np.uint32(0))
    return base64.b64encode(differences.astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes()).decode()


def _packed_codes(codes, shapes):
    """The same for the whole numbers of planes, which are smooth along every dimension: a fifth of the bytes."""
    numbers, start = np.frombuffer(codes, "<u2"), 0
    parts = []
    for shape in shapes:
        part = numbers[start : start + math.prod(shape)].reshape(shape)
        start += part.size
        for axis in range(part.ndim):
            part = np.diff(part, axis=axis, prepend=np.zeros_like(part.take([0], axis)))
        signed = part.ravel().view(np.int16)
        parts.append((signed << 1) ^ (signed >> 15))
    zigzag = np.concatenate([np.empty(0, np.int16), *parts]).astype("<i2")
    return base64.b64encode(zigzag.view(np.uint8).reshape(-1, 2).T.tobytes()).decode()


def _few_values(explorer):
    if not explorer._variables or not any(explorer.at().values()):
        return ""
    axis, *sliders = explorer._variables
    last = len(axis.values) - 1
    places = range(last + 1) if axis.labels else sorted({round(part * last) for part in SHOWN} | {axis.start})
    others = {v.name: v.values[v.start] for v in sliders}
    rows = [(axis.text(i), explorer.at(**{axis.name: axis.values[i]}, **others)) for i in places]
    heads = [(panel, name) for panel, numbers in rows[0][1].items() for name in numbers]
    caption = ", ".join(f"{v.symbol} = {v.text(v.start)}" for v in sliders)
    return (
        "<table>" + (f"<caption>{html.escape(caption)}</caption>" if caption else "")
        + f'<thead><tr><th scope="col">{html.escape(axis.symbol)}</th>'
        + "".join(f'<th scope="col">{html.escape(f"{name}, {panel}")}</th>' for panel, name in heads)
        + "</tr></thead><tbody>"
        + "".join(
            f'<tr><th scope="row">{html.escape(where)}</th>'
            + "".join(f"<td>{_number(numbers[panel][name])}</td>" for panel, name in heads) + "</tr>"
            for where, numbers in rows
        )
        + "</tbody></table>"
    )  # fmt: skip


def _number(value):
    """As the readout writes it."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_number, value))})"
    if not math.isfinite(value):
        return "undefined" if math.isnan(value) else "∞" if value > 0 else "-∞"
    return f"{value:#.4g}" if 1e-3 <= abs(value) < 1e4 else f"{value:.3e}" if value else "0"
