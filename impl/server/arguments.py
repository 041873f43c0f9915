"""What `python -m impl` may be given: nothing but --help, as its settings are variables of the environment."""

from collections.abc import Sequence

from ..settings import VARIABLES

HELP = ("-h", "--help")
USAGE = """usage: [VARIABLE=VALUE ...] python -m impl

Serves the reference implementation until it is stopped. Settings are variables of the environment, or lines of .env:
"""


class ArgumentsError(Exception):
    """An argument is unknown; the message is one line with the remedy."""


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Tell whether help is asked for; ArgumentsError where something else is."""
    unknown = [argument for argument in arguments if argument not in HELP]
    if unknown:
        raise ArgumentsError(
            f"it takes no '{unknown[0]}': settings are variables of the environment, such as PORT=8080; --help lists them"
        )
    return bool(arguments)


def help_text() -> str:
    """Return the usage, with a paragraph for each variable."""
    told = [f"  {name} (default: {default})\n      {meaning}" for name, (default, meaning) in VARIABLES.items()]
    return "\n".join([USAGE, *told])
