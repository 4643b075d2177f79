"""The HTTP API: its routes. What they answer is in the modules named like their resources, what is wrong in `problems`.

Every route needs a function key, and no GET changes anything.
"""

import azure.durable_functions as df
import azure.functions as func

from triggers import consumers, dry_run, inventory, parked, rotations
from triggers.openapi import document
from triggers.problems import answer, answering
from triggers.reading import Query

bp = df.Blueprint()

_WITH_KEY = func.AuthLevel.FUNCTION


@bp.route(route="rotations", methods=["POST"], auth_level=_WITH_KEY)
@bp.durable_client_input(client_name="client")
@answering
async def start_rotation(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Start a rotation, or join it."""
    return await rotations.start_rotation(req, client)


@bp.route(route="rotations", methods=["GET"], auth_level=_WITH_KEY)
@bp.durable_client_input(client_name="client")
@answering
async def list_rotations(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """List rotations, newest first."""
    return await rotations.list_rotations(req, client)


@bp.route(route="rotations/{id}", methods=["GET"], auth_level=_WITH_KEY)
@bp.durable_client_input(client_name="client")
@answering
async def get_rotation(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Show one rotation."""
    return await rotations.get_rotation(req, client)


@bp.route(route="rotations/{id}/{verb}", methods=["POST"], auth_level=_WITH_KEY)
@bp.durable_client_input(client_name="client")
@answering
async def drive_rotation(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Restart a rotation, roll it back, end its grace, or cancel it."""
    return await rotations.act(req, client)


@bp.route(route="secrets", methods=["GET"], auth_level=_WITH_KEY)
@bp.durable_client_input(client_name="client")
@answering
async def list_secrets(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """List secrets and how they stand."""
    return await inventory.list_secrets(req, client)


@bp.route(route="consumers", methods=["GET"], auth_level=_WITH_KEY)
@bp.durable_client_input(client_name="client")
@answering
async def list_consumers(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """List who uses a secret, and which version each has."""
    return await consumers.list_consumers(req, client)


@bp.route(route="plan", methods=["GET"], auth_level=_WITH_KEY)
@answering
async def plan_rotation(req: func.HttpRequest) -> func.HttpResponse:
    """Say what a rotation would do."""
    return await dry_run.plan_rotation(req)


@bp.route(route="events/parked", methods=["GET"], auth_level=_WITH_KEY)
@bp.durable_client_input(client_name="client")
@answering
async def list_parked_events(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """List the events that could not be used."""
    return await parked.list_parked_events(req, client)


@bp.route(route="openapi.json", methods=["GET"], auth_level=_WITH_KEY)
@answering
async def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """Describe all this in OpenAPI 3.1."""
    Query(req, ()).done()
    return answer(document())
