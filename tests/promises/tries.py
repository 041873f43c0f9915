"""What was seen of the faults of promises: the first try, before any law was changed for them, and the last one."""

from pathlib import Path

import yaml

TRIES = Path(__file__).parent / "tries.yaml"


def tries() -> dict[str, dict[str, str]]:
    """Return each try by its name: for each fault the law that saw it, or an empty text."""
    found: dict[str, dict[str, str]] = yaml.safe_load(TRIES.read_text(encoding="utf-8"))
    return found


def seen() -> dict[str, str]:
    """Return for each fault that was played the law that saw it last, or an empty text."""
    found = tries()
    return found.get("first", {}) | found.get("now", {})


def record(name: str, found: dict[str, str]) -> None:
    """Write what was seen into a try; what stands in the first one is never written again."""
    known = tries()
    before = known.get(name, {})
    known[name] = before | {fault: law for fault, law in found.items() if name != "first" or fault not in before}
    TRIES.write_text(yaml.safe_dump(known, sort_keys=False, width=118), encoding="utf-8")
