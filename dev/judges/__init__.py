"""Independent judges: other people's implementations of what this repository simulates, run by the contract tests.

- **Azurite** (`azurite`) is a storage service; it judges the simulated blob service.
- **Lowkey Vault** (`lowkey_vault`) is a key vault; it judges the simulated Key Vault.
- **azure-functions-runtime** (`worker_engine`) is the engine of the production Python worker; it judges the app's
  functions, and by that the embedded host.
- **Kusto's language service** (`kusto_language`) is what the portal reads queries with; it judges the monitoring
  queries.
- **Chromium** (`chromium`) is where the status page is read; **axe-core** judges whether everybody can read it, and
  **TypeScript** whether its scripts keep to their types.
- **PostgreSQL** (`postgresql`) is a database server; the passwords of its logins are rotated on it.

`setup` installs them from the package registries into `.venv-judges`, at the versions pinned here. `mounted` lets one
answer for an Azure name inside a simulated Azure, so that the same clients meet it under the same URLs.
"""
