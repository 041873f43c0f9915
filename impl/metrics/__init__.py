"""Figures of what a server does: what they are called, how they are counted and added up, and how Prometheus reads them."""
