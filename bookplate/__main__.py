"""`python -m bookplate` is the command `bookplate`."""

import sys

from .cli import main

sys.exit(main())
