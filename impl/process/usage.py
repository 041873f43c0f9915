"""What this process uses of the machine."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

PAGES, FILES = Path("/proc/self/statm"), Path("/proc/self/fd")


@dataclass(frozen=True)
class Usage:
    """CPU time of all threads, and where the system tells it, bytes of resident memory and open descriptors."""

    cpu_seconds: float
    memory: int | None
    open_files: int | None


def usage() -> Usage:
    """Return what this process has used, and uses now."""
    try:
        memory = int(PAGES.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        files = len(os.listdir(FILES))
    except OSError:
        return Usage(time.process_time(), None, None)
    return Usage(time.process_time(), memory, files)
