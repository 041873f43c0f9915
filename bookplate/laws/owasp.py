"""The OWASP API Security Top 10 of 2023: the numbers that a law may carry, with their titles and pages."""

from collections.abc import Iterable

SITE = "https://owasp.org/API-Security/editions/2023/en/"
# Each number with its title and the end of its page's address.
RISKS = {
    "API1:2023": ("Broken Object Level Authorization", "0xa1-broken-object-level-authorization"),
    "API2:2023": ("Broken Authentication", "0xa2-broken-authentication"),
    "API3:2023": ("Broken Object Property Level Authorization", "0xa3-broken-object-property-level-authorization"),
    "API4:2023": ("Unrestricted Resource Consumption", "0xa4-unrestricted-resource-consumption"),
    "API5:2023": ("Broken Function Level Authorization", "0xa5-broken-function-level-authorization"),
    "API6:2023": (
        "Unrestricted Access to Sensitive Business Flows",
        "0xa6-unrestricted-access-to-sensitive-business-flows",
    ),
    "API7:2023": ("Server Side Request Forgery", "0xa7-server-side-request-forgery"),
    "API8:2023": ("Security Misconfiguration", "0xa8-security-misconfiguration"),
    "API9:2023": ("Improper Inventory Management", "0xa9-improper-inventory-management"),
    "API10:2023": ("Unsafe Consumption of APIs", "0xaa-unsafe-consumption-of-apis"),
}


def require_known(law_id: str, numbers: Iterable[str]) -> None:
    """Raise ValueError where a law carries a number that the list does not have."""
    for number in numbers:
        if number not in RISKS:
            raise ValueError(f"{law_id}: '{number}' is no number of the OWASP API Security Top 10: write API1:2023")


def title(number: str) -> str:
    """Return a number with its title, such as `API1:2023 Broken Object Level Authorization`."""
    return f"{number} {RISKS[number][0]}"


def address(number: str) -> str:
    """Return the address of the page about a number."""
    return f"{SITE}{RISKS[number][1]}/"
