"""The proxy: what it lets through, what it refuses, and that it is one network for as long as it lives."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import certifi
import pytest
import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

from dev.simulators import SimulatedAzure, StorageAccount, Vault

pytestmark = pytest.mark.contract


def _proxy(azure: SimulatedAzure) -> tuple[str, int]:
    host, port = azure.environment["HTTPS_PROXY"].removeprefix("http://").split(":")
    return host, int(port)


def _connect(azure: SimulatedAzure, target: str) -> tuple[socket.socket, bytes]:
    connection = socket.create_connection(_proxy(azure), timeout=5)
    connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    return connection, connection.recv(4096)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "sample-kv.vault.azure.net.evil.example",
        "vault.azure.net",
        "evil-vault.azure.net",
        "a.sample-kv.vault.azure.net",
        "management.azure.com.evil.example",
        "outlook.office.com",
        "169.254.169.254",
    ],
)
def test_other_names_are_refused_and_noted(azure: SimulatedAzure, vault: Vault, host: str) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        requests.get(f"https://{host}/", timeout=5)
    assert azure.refused_hosts == [host]
    assert azure.calls == []


def test_plain_http_leads_nowhere(azure: SimulatedAzure, vault: Vault) -> None:
    assert requests.get("http://169.254.169.254/metadata/identity", timeout=5).status_code == 403
    assert requests.get(f"http://{vault.host}/secrets/x", timeout=5).status_code == 403
    assert azure.refused_hosts == ["169.254.169.254", vault.host]


def test_only_the_port_of_https_is_open(azure: SimulatedAzure, vault: Vault) -> None:
    connection, answer = _connect(azure, f"{vault.host}:80")
    connection.close()
    assert not answer.startswith(b"HTTP/1.1 200")


def test_vaults_that_do_not_exist_do_not_resolve(azure: SimulatedAzure) -> None:
    client = SecretClient("https://nowhere.vault.azure.net", ManagedIdentityCredential(), retry_total=0)
    with pytest.raises(ServiceRequestError):
        client.get_secret("x")
    assert azure.unresolved_hosts == ["nowhere.vault.azure.net"]
    assert azure.refused_hosts == []


def test_the_certificate_is_for_the_name_alone(azure: SimulatedAzure, vault: Vault) -> None:
    context = ssl.create_default_context(cafile=azure.environment["SSL_CERT_FILE"])
    connection, _ = _connect(azure, f"{vault.host}:443")
    with pytest.raises(ssl.SSLError):
        context.wrap_socket(connection, server_hostname="other.vault.azure.net")
    connection.close()
    assert azure.failures == []


def test_nobody_trusts_the_certificate_by_default(azure: SimulatedAzure, vault: Vault) -> None:
    connection, _ = _connect(azure, f"{vault.host}:443")
    context = ssl.create_default_context(cafile=certifi.where())
    with pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(connection, server_hostname=vault.host)
    connection.close()


def test_a_tunnel_serves_its_own_name_only(azure: SimulatedAzure, vault: Vault, account: StorageAccount) -> None:
    answer = requests.get(f"{vault.uri}secrets", headers={"Host": account.host("blob")}, timeout=5)
    assert answer.status_code == 421
    assert azure.calls == []


def test_an_unreachable_name_comes_back(azure: SimulatedAzure, vault: Vault, secrets: SecretClient) -> None:
    vault.set_secret("store-key", "x")
    secrets.get_secret("store-key")
    azure.set_reachable(vault.host, False)
    for _ in range(2):
        with pytest.raises((ServiceRequestError, ServiceResponseError)):
            secrets.get_secret("store-key")
    azure.set_reachable(vault.host, True)
    assert secrets.get_secret("store-key").value == "x"
    assert azure.refused_hosts == []


def test_many_callers_at_once(azure: SimulatedAzure, vault: Vault) -> None:
    credential = ManagedIdentityCredential()

    def work(number: int) -> str | None:
        client = SecretClient(vault.uri, credential)
        client.set_secret(f"secret-{number}", str(number))
        client.set_secret("shared", str(number))
        return client.get_secret(f"secret-{number}").value

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(24))) == [str(number) for number in range(24)]
    assert len(vault.names()) == 25
    assert len(vault.versions("shared")) == 24


def test_reset_empties_it_behind_the_same_proxy(azure: SimulatedAzure, vault: Vault, account: StorageAccount) -> None:
    vault.set_secret("store-key", account.key("key1"))
    azure.add_consumer(vault, "store-key", account)
    azure.watch(vault, "store-key", account)
    azure.faults.add("keyvault.*", status=500)
    environment = azure.environment
    azure.reset()
    assert (azure.calls, azure.consumers, azure.refused_hosts) == ([], [], [])
    again = azure.add_vault("sample-kv")
    again.set_secret("store-key", "new")
    assert SecretClient(again.uri, ManagedIdentityCredential()).get_secret("store-key").value == "new"
    assert azure.environment == environment


def test_it_stops_with_connections_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with SimulatedAzure() as azure:
        for name, value in azure.environment.items():
            monkeypatch.setenv(name, value)
        vault = azure.add_vault("sample-kv")
        vault.set_secret("store-key", "x")
        client = SecretClient(vault.uri, ManagedIdentityCredential(), retry_total=0)
        client.get_secret("store-key")
        certificate = azure.environment["SSL_CERT_FILE"]
    assert not os.path.exists(certificate)
    with pytest.raises(Exception, match=r"(?i)certificate|connection|proxy"):
        client.get_secret("store-key")
    with pytest.raises(RuntimeError, match="not been started"):
        _ = azure.environment


def test_names_are_given_once(azure: SimulatedAzure, vault: Vault, account: StorageAccount) -> None:
    with pytest.raises(ValueError, match="exists already"):
        azure.add_vault("SAMPLE-kv")
    with pytest.raises(ValueError, match="exists already"):
        azure.add_storage_account("demostore", resource_group="other")


@pytest.mark.parametrize("name", ["a", "under_score", "x" * 25, "trailing-", "a.b"])
def test_names_are_such_as_azure_takes(azure: SimulatedAzure, name: str) -> None:
    with pytest.raises(ValueError, match="can't be a vault's name"):
        azure.add_vault(name)
    with pytest.raises(ValueError, match="can't be a storage account's name"):
        azure.add_storage_account(name)


def test_the_log_tells_who_called_what_and_no_value(azure: SimulatedAzure, vault: Vault, secrets: SecretClient) -> None:
    secrets.set_secret("store-key", "canary-value")
    secrets.get_secret("store-key")
    secrets.get_secret("store-key")
    call = azure.calls[-1]
    assert (call.operation, call.target, call.caller) == ("keyvault.getSecret", "sample-kv/store-key", "app")
    assert (call.method, call.host, call.status, call.fault) == ("GET", vault.host, 200, False)
    assert call.time == azure.clock.now()
    counted = azure.calls_by_operation()
    assert (counted["keyvault.setSecret"], counted["keyvault.getSecret"]) == (1, 2)
    assert "canary-value" not in repr(azure.calls)


def test_the_command_serves_until_interrupted() -> None:
    command = [sys.executable, "-m", "dev.simulators"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if line.startswith("#"):
                break
        exported = dict(re.findall(r"^export (\w+)=(\S+)$", "\n".join(lines), re.MULTILINE))
        answer = requests.get(
            "https://sample-kv.vault.azure.net/secrets?api-version=7.4",
            proxies={"https": exported["HTTPS_PROXY"]},
            verify=exported["REQUESTS_CA_BUNDLE"],
            timeout=5,
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
    assert answer.status_code == 401
