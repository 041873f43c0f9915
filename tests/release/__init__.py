"""The release of the package, all of it but the publishing: `python -m tests.release`."""
