"""Independent judges: the simulators compared with other people's implementations, the app run by the real engine."""
