"""Lowkey Vault, an independent key vault, answering for one vault's name."""

from types import TracebackType

from .components import LOWKEY_VAULT
from .mounted import MountedService
from .process import ServerProcess

_LISTENING = r"Tomcat started on ports (\d+) \(https\)"


class LowkeyVault:
    """A running Lowkey Vault with one empty vault."""

    def __init__(self, host: str) -> None:
        self._server = ServerProcess(
            [
                "java",
                "-XX:TieredStopAtLevel=1",  # it lives for seconds: the second compiler would not pay
                "-jar",
                str(LOWKEY_VAULT.artifact),
                "--server.address=127.0.0.1",
                "--server.port=0",
                "--app.token.port=0",
                "--LOWKEY_VAULT_NAMES=judge",
                f"--LOWKEY_VAULT_ALIASES=judge.localhost={host}",
                "--LOWKEY_AUTH_RESOURCE=vault.azure.net",
            ],
            _LISTENING,
            cwd=LOWKEY_VAULT.home,
        )

    def __enter__(self) -> "LowkeyVault":
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def service(self) -> MountedService:
        """Return what answers for the vault's name."""
        return MountedService(self._server.port, tls=True)
