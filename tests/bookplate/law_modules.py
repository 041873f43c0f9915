"""The modules of the shipped laws, for tests of what stands in them."""

import sys
from types import ModuleType

from bookplate.laws.catalogue import Catalogue


def law_module(law_id: str) -> ModuleType:
    """Return the module in which a law stands."""
    return sys.modules[Catalogue.shipped()[law_id].function.__module__]
