"""What runs the app without Azure: embedded host, simulated Azure, demo. Never deployed."""
