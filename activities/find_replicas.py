"""A replication's first step: which vaults hold copies of the secret, or why none do. Changes nothing."""

from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.failures import MissingError
from rotation.outcomes import OutcomeName
from rotation.patience import UNREADABLE
from rotation.replication import is_replica, read_targets
from rotation.request import RotationRequest
from rotation.results import Done, Result, Retry, Stop
from rotation.tags import REPLICATE_TO

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def find_replicas(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with the hosts of the vaults that the secret is copied to."""
    return shell.run("find_replicas", _find_replicas, payload)


def _find_replicas(payload: dict[str, Any]) -> Result:
    request = RotationRequest.from_json(payload["request"])
    vault = bootstrap.key_vault(request.vault)
    try:
        versions = vault.history(request.secret)
    except MissingError:
        versions = []
    if not versions:
        return Stop(OutcomeName.SKIPPED, "the secret does not exist any more: its replicas are left as they are")
    current = versions[-1][1]
    if is_replica(current.tags):
        return Stop(OutcomeName.SKIPPED, "it is a replica itself")
    if REPLICATE_TO not in current.tags:
        return Stop(OutcomeName.SKIPPED, f"it has no tag {REPLICATE_TO}")
    hosts, wrong = read_targets(current.tags[REPLICATE_TO], bootstrap.settings().replica_vaults)
    if wrong:
        return Stop(OutcomeName.REFUSED, f"tags: {wrong}")
    found = {"replicas": list(hosts)}
    if request.version not in dict(versions):
        return Retry(f"version {request.version} cannot be read yet", budget=UNREADABLE, fallback=found)
    return Done(found)
