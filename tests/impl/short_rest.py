"""
`python -m tests.impl.short_rest`: the reference, which leaves a service that failed alone for REST seconds instead of five.

What it does without the service is the same for any rest, so that tests of it need not wait for the longer one.
`tests/impl/backends/test_outage.py` holds the rest itself to a clock, and `tox -e services -- --chaos` plays it as it is.
"""

import os
import runpy

from impl.backends import outage

outage.REST = float(os.environ["REST"])

if __name__ == "__main__":
    runpy.run_module("impl", run_name="__main__", alter_sys=True)
