"""What touches Azure: one effect per file, idempotent, fed and answering without credentials."""
