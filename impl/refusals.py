"""What stops a start with one line that says what to mend."""

from .listening import ListeningError
from .policy import ContractError
from .revisions import DatabaseError
from .settings import SettingsError

REFUSALS = (SettingsError, ContractError, DatabaseError, ListeningError)
# The exit status.
REFUSED = 2
