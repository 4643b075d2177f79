"""Starts an instance once: whoever asks for the same work comes through here with the same id."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import azure.durable_functions as df

Standing = TypeVar("Standing")


async def start_once(
    client: df.DurableOrchestrationClient,
    orchestrator: str,
    instance: str,
    payload: dict[str, Any],
    ask: Callable[[], Awaitable[Standing | None]],
) -> Standing | None:
    """Start an instance, unless it stands so already that it is not to be started; return how, None if it was started.

    Args:
        client: The Durable client.
        orchestrator: Its function's name.
        instance: Its id.
        payload: Its input.
        ask: Tells how the instance stands; None if it may be started.

    Raises:
        Exception: The task hub could not be asked; nothing was started, or it is not known.
    """
    standing = await ask()
    if standing is not None:
        return standing
    try:
        await client.start_new(orchestrator, instance, payload)
    except Exception:
        # Somebody may have started it between the question and the start; the SDK says so with a bare Exception.
        standing = await ask()
        if standing is None:
            raise
        return standing
    return None
