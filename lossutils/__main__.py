"""`python -m lossutils`: whether everything is there that the course needs, and what to do if not."""

import sys

from .installation import check

sys.exit(not check())
