"""Contract tests: a substitute compared with what it stands for."""
