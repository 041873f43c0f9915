"""Other implementations and services, which know nothing of this project but its document."""
