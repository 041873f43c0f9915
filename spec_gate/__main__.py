"""The command of earlier versions."""

import sys

print("python -m spec_gate is now `python -m bookplate lint` and `python -m bookplate diff OLD NEW`", file=sys.stderr)
sys.exit(2)
