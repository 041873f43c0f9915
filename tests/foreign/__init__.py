"""Services that nobody here wrote, installed from the registries, and checked as any stranger would."""
