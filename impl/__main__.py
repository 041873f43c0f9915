"""`python -m impl` serves the reference implementation."""

import sys

from .process.early_end import end_at_once_on_signals

# Before the other imports, which take a second. Workers import this module too, under the second name.
if __name__ in ("__main__", "__mp_main__"):
    end_at_once_on_signals()

from .server.serving import end_process
from .server.starting import main

if __name__ == "__main__":
    end_process(main(sys.argv[1:]))
