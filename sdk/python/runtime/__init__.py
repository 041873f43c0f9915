"""What every client has in common, whatever its document says; written by hand and copied as it stands."""
