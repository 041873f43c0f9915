"""What Cache-Control says (RFC 9111, section 5.2)."""

from .exchange import Exchange


def directives(answer: Exchange) -> dict[str, str]:
    """Return what Cache-Control says, by the lower-case name of each directive."""
    whole = ",".join(value for name, value in answer.headers if name == "cache-control")
    parts = [part.strip().partition("=") for part in whole.split(",") if part.strip()]
    return {name.lower(): value.strip('"') for name, _, value in parts}


def lifetime(answer: Exchange) -> int:
    """Return for how many seconds an answer may be used without asking again, as it says itself."""
    said = directives(answer)
    spans = [int(said[name]) for name in ("max-age", "s-maxage") if said.get(name, "").isdecimal()]
    return 0 if {"no-store", "no-cache"} & said.keys() else max(spans, default=0)
