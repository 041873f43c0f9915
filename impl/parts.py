"""What one application is made of, for those who need more than the database."""

from dataclasses import dataclass

from .caching import AnswerCache
from .limits import Limits
from .policy import Contract
from .settings import Settings
from .tokens import AccessTokens


@dataclass(frozen=True)
class Parts:
    """One application's parts; nothing of them outlives it."""

    settings: Settings
    contract: Contract
    limits: Limits
    cache: AnswerCache
    tokens: AccessTokens
