"""`python -m dev.embedded_host --app DIR --port N`: what `func start` is, for apps without Azure.

One clear line and status 1 when the app can't be run; SIGINT and SIGTERM end it in order, with status 0, in
less than two seconds: functions that are still running then are left where they are, and with a state file run
again next time.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from dev.clock import SystemClock

from .errors import HostError
from .host import Host, HostOptions

_GRACE = 0.6


def _options() -> HostOptions:
    parser = argparse.ArgumentParser(
        prog="python -m dev.embedded_host",
        description="Run a Durable Functions app (Python, v2 model) without Azure. All authorization levels are open.",
    )
    parser.add_argument("--app", type=Path, required=True, help="directory that holds function_app.py and host.json")
    parser.add_argument("--port", type=int, default=7071, help="loopback port; 0 takes a free one (default: 7071)")
    parser.add_argument("--state", type=Path, help="SQLite file to resume from after a stop or a crash")
    parser.add_argument(
        "--early-timers", action="store_true", help="let timers fire up to a second early, as real ones do"
    )
    parser.add_argument(
        "--visibility-delay",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="after a crash, wait so long before activities in hand run again (the real host: about 300)",
    )
    given = parser.parse_args()
    return HostOptions(
        app_dir=given.app,
        port=given.port,
        state=given.state,
        early_timers=given.early_timers,
        visibility_delay=timedelta(seconds=given.visibility_delay),
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _run(options: HostOptions) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    host = Host(options, SystemClock())
    await host.start()
    for line in host.listing():
        _say(line)
    _say("")
    _say(f"Host started. Listening on {host.url}")
    await stopping.wait()
    _say("Host is stopping.")
    # What is nearly done may finish and be written; what takes longer is not waited for.
    await asyncio.to_thread(host.in_flight.wait_for_rest, _GRACE / 2)
    try:
        await asyncio.wait_for(host.stop(), _GRACE)
    except TimeoutError:
        _say("Some requests were cut off.")


def main() -> int:
    """Run the host until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="[%(asctime)s] %(name)s: %(message)s")
    options = _options()
    try:
        asyncio.run(_run(options))
    except HostError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: a function that still runs must not delay the end.
    os._exit(status)
