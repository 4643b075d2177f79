"""What issues credentials: a Protocol, one file per kind, and the registry."""
