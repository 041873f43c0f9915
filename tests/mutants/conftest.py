"""What is tested where: the library that makes mutants is there in `tox -e mutants` alone."""

import importlib.util

collect_ignore_glob = ["test_making.py"] if importlib.util.find_spec("libcst") is None else []
