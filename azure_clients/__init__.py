"""The app's way to Azure: settings, identity, Key Vault, and the one table that turns SDK errors into ours."""
