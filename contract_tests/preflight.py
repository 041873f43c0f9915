"""Preflight: what must work before any verdict means something."""

from .config import SetUpError
from .operation import is_creator
from .rule import NotChecked, Violation
from .scene import Stage


def preflight(stage: Stage) -> None:
    """
    Make two users and let the first create something, if the document has something to create.

    Raises SetUpError, whose one line says what to mend, where that does not work.
    """
    try:
        a, b = stage.accounts.a, stage.accounts.b
        if a.token == b.token:
            raise SetUpError("two users got one token: identities cannot be told apart, mend the log-in")
        for creator in list(filter(is_creator, stage.document.operations))[:1]:
            stage.shelf.plant(creator, a)
    except (NotChecked, Violation) as problem:
        raise SetUpError(f"the target is not ready to be checked: {problem}") from problem
