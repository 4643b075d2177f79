"""A throwaway certificate authority, and a certificate for each name that a client asks for."""

import ssl
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import trustme


class CertificateAuthority:
    """Issues certificates that only processes given its file will trust."""

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="Simulated Azure")
        self._directory = tempfile.TemporaryDirectory(prefix="simulated-azure-")
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self.file = Path(self._directory.name) / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.file))

    def context_for(self, host: str) -> ssl.SSLContext:
        """Return the server side of TLS for one name; a client that asks for another name is turned away."""
        with self._lock:
            if host not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                context.set_alpn_protocols(["http/1.1"])
                context.sni_callback = _only(host)
                self._authority.issue_cert(host).configure_cert(context)
                self._contexts[host] = context
            return self._contexts[host]

    def close(self) -> None:
        """Remove the file."""
        self._directory.cleanup()


def _only(host: str) -> Callable[[ssl.SSLSocket | ssl.SSLObject, str | None, ssl.SSLContext], int | None]:
    def check(connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        same = name is None or name.lower() == host
        return None if same else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    return check
