"""`python -m sdk` writes the clients into build/sdk/."""

import sys

from .generate import main

if __name__ == "__main__":
    sys.exit(main())
