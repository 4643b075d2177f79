"""The running part of simulated Azure: proxy, managed-identity endpoint, certificate authority, and their address.

What a process needs to be inside is a set of environment variables, nothing else; the SDKs read them in production too.
"""

import ssl
from collections.abc import Callable
from contextlib import ExitStack

from .certificates import CertificateAuthority
from .engine import Directory, Engine
from .identity import ManagedIdentityService
from .proxy import Refusals, identity_server, proxy_server


class Network:
    """Starts and stops the servers."""

    def __init__(
        self,
        directory: Directory,
        engine: Engine,
        identity: ManagedIdentityService,
        refusals: Refusals,
        failed: Callable[[BaseException], None],
    ) -> None:
        self._directory = directory
        self._engine = engine
        self._identity = identity
        self._refusals = refusals
        self._failed = failed
        self._stack = ExitStack()
        self.environment: dict[str, str] = {}
        self._authority: CertificateAuthority | None = None

    def certificate_of(self, host: str) -> ssl.SSLContext:
        """Return the server side of TLS for a name, for what does not come through the proxy."""
        if self._authority is None:
            raise RuntimeError("simulated Azure has not been started: enter it first")
        return self._authority.context_for(host)

    def start(self) -> None:
        """Start serving on free loopback ports."""
        self._engine.start()
        authority = CertificateAuthority()
        self._stack.callback(authority.close)
        self._authority = authority
        proxy = self._stack.enter_context(
            proxy_server(self._directory, self._engine, authority, self._refusals, self._failed)
        )
        identity = self._stack.enter_context(identity_server(self._engine, self._identity, self._failed))
        self._stack.callback(self._engine.stop)
        self.environment = {
            **_both_spellings(f"http://127.0.0.1:{proxy.port}"),
            "REQUESTS_CA_BUNDLE": str(authority.file),
            "CURL_CA_BUNDLE": str(authority.file),
            "SSL_CERT_FILE": str(authority.file),
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{identity.port}/MSI/token",
            "IDENTITY_HEADER": self._identity.header,
        }

    def stop(self) -> None:
        """Stop serving and break all connections."""
        self._stack.close()
        self._authority = None
        self.environment = {}


def _both_spellings(proxy: str) -> dict[str, str]:
    """Name the proxy in upper and lower case: where both are set, the lower case wins, and it may be set outside."""
    names = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "ALL_PROXY": proxy, "NO_PROXY": "127.0.0.1,localhost"}
    return names | {name.lower(): value for name, value in names.items()}
