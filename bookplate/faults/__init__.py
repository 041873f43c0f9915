"""Defects that laws must find: what they are made of, and the proof that they are found."""

from .kit import ERROR, SUCCESS, Answer, Request, Steps, shows

__all__ = ["ERROR", "SUCCESS", "Answer", "Request", "Steps", "shows"]
