"""`python -m lossutils`: whether everything is there that the course needs, and what to do if not."""

import sys

from .installation import problems, said

found = problems()
print(said(found))
sys.exit(bool(found))
