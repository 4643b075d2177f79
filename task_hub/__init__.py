"""The app's own way to its task hub, for everything outside an orchestration: finding instances and starting them."""
