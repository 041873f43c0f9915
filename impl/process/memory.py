"""How this process keeps its memory small on Linux: freed blocks go back to the system."""

import ctypes
import sys

# From malloc.h of glibc.
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8


def return_freed_memory() -> None:
    """
    Have large blocks mapped by themselves and few arenas kept.

    Left alone, glibc keeps one arena per thread, each with the largest password hash it ever saw (19 MiB).
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            libc.mallopt(M_MMAP_THRESHOLD, 1 << 20)
            libc.mallopt(M_ARENA_MAX, 2)
