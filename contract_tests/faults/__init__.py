"""The proof of the suite: every rule has to catch every fault beside it."""
