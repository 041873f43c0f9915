"""The command of earlier versions."""

import sys

sys.exit(
    "python -m contract_tests is now `python -m bookplate`; python -m contract_tests.faults is `python -m bookplate.faults`"
)
