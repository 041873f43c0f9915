"""How much it costs somebody where a law is broken."""

from enum import IntEnum

from .verdict import MUST


class Severity(IntEnum):
    """
    Severities from the worst to the mildest.

    SECURITY: somebody sees or does what they may not. DATA: something is lost, or wrong. CRASH: the service fails where it
    should answer. CONTRACT: the document or a standard says otherwise. ADVICE: what is only recommended.
    """

    SECURITY = 0
    DATA = 1
    CRASH = 2
    CONTRACT = 3
    ADVICE = 4

    @property
    def word(self) -> str:
        return self.name.lower()


# What a broken law of a group costs, unless the law says otherwise. Other groups, those of a team too, are about the contract.
OF_GROUPS = {
    "AUTH": Severity.SECURITY,
    "AUTHZ": Severity.SECURITY,
    "CORS": Severity.SECURITY,
    "CACHE": Severity.DATA,
    "CONC": Severity.DATA,
    "COND": Severity.DATA,
    "CURSOR": Severity.DATA,
    "PAGE": Severity.DATA,
    "STATE": Severity.DATA,
}


def usual_severity(group: str, level: str) -> Severity:
    """Return the severity of a law that states none: by its level, and by its group."""
    if level != MUST:
        return Severity.ADVICE
    return OF_GROUPS.get(group, Severity.CONTRACT)
