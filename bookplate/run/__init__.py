"""One run: what is asked for, its sessions, its generated requests, its findings, and the deletion at its end."""

from .kinds import floods, needs_documented_limits, order
from .run import Run

__all__ = ["Run", "floods", "needs_documented_limits", "order"]
