"""The orchestration that renews one version of a certificate, by the certificate's own policy."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

from orchestrations.renewing import Renewal
from rotation.renewal import CERTIFICATE

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def renew_certificate(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Renew what the input names.

    1. check_certificate: or end here.
    2. request_certificate: of the issuer that the policy names.
    3. await_certificate: for days, if need be.
    4. announce_version: a certificate is a secret of the same name too.
    """
    renewal = Renewal(context, CERTIFICATE)
    return (yield from renewal.to_its_end(_renew(renewal)))


def _renew(renewal: Renewal) -> Generator[Any, Any, str]:
    yield from renewal.step("check_certificate")
    asked = yield from renewal.step("request_certificate")
    renewal.progress.facts.update(joined=asked["joined"])
    made = yield from renewal.step("await_certificate")
    renewal.progress.facts.update(version=made["version"], expiresOn=made["expires_on"])
    yield from renewal.announce(made)
    return "renewed"
