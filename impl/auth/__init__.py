"""Accounts are opened and sessions begun, renewed and ended here."""
