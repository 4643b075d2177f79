"""The benchmark: its measures can fail, its baselines do what the peers do, its report holds what was measured."""
