"""What a law is, how laws are found, and what can be said of them."""

from .generated import Coverage, GeneratedRequests

__all__ = ["Coverage", "GeneratedRequests"]
