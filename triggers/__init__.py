"""What starts a rotation, or answers a caller: thin shells around `rotation`."""
