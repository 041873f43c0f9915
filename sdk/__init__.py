"""Typed clients, generated from the contract and tried against the reference."""
