"""`GET /api/IsAlive`: whether the app answers at all, for load balancers and availability tests."""

import json

import azure.durable_functions as df
import azure.functions as func

import bootstrap
from rotation import __version__

bp = df.Blueprint()


@bp.route(route="IsAlive", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def is_alive(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200 with time, version and region; touches no other service."""
    body = {
        "isAlive": True,
        "timestamp": bootstrap.now().isoformat(),
        "version": __version__,
        "regionName": bootstrap.settings().region_name,
    }
    return func.HttpResponse(json.dumps(body), mimetype="application/json")
