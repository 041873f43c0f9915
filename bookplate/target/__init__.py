"""What is being checked: its settings, its instances, and how they are started."""

from .config import Config

__all__ = ["Config"]
