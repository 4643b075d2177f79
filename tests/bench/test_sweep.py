"""The bench of the sweep, on a vault that is small enough for a test."""

import pytest

from dev.bench.sweep import measure

pytestmark = pytest.mark.e2e


def test_a_small_vault_is_measured_like_a_large_one() -> None:
    quiet, busy = measure(60, 0), measure(60, 4)
    assert quiet.calls["keyvault.listSecrets"] == 3 + 1, "pages of 25, and one for the empty vault"
    assert "keyvault.getSecret" not in quiet.calls
    assert (busy.report["listed"], busy.report["due"], busy.report["started"]) == (60, 4, 4)
    assert busy.calls["keyvault.listSecrets"] == quiet.calls["keyvault.listSecrets"]
    assert busy.calls["keyvault.setSecret"] == 4
    assert 0 < quiet.megabytes < 100
