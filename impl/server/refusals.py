"""What stops a start with one line that says what to mend."""

from ..backends.revisions import DatabaseError
from ..contract.contract import ContractError
from ..settings import SettingsError
from .arguments import ArgumentsError
from .listening import ListeningError

REFUSALS = (ArgumentsError, SettingsError, ContractError, DatabaseError, ListeningError)
# The exit status.
REFUSED = 2
