"""`make demo KEEP=1`: the demo goes on, with trouble in it, for somebody to look at and to mend."""

import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from dev.demo.show import Show
from dev.demo.stage import APP, VAULT, Stage
from dev.demo.trouble import plant
from dev.simulators.azure import SUBSCRIPTION

ENVIRONMENT = APP / ".demo.env"

_TICK = 0.2  # seconds


def keep(stage: Stage, show: Show) -> None:
    """Let the clock run along with real time until somebody presses Ctrl+C."""
    plant(stage)
    url = stage.host.url
    with _environment_file(stage):
        show.title("Still running, and not all is well: docs/runbook.md says what to do; end with Ctrl+C")
        for command in (
            f"{url}/api/status     # in a browser; any text will do as the function key",
            f"source {ENVIRONMENT.name}     # in another terminal: $HOST, $KEY, $CODE, and an az for simulated Azure",
            'curl -H "x-functions-key: $KEY" "$HOST/api/secrets"',
            'curl -H "x-functions-key: $KEY" "$HOST/api/rotations?status=Failed"',
            f'curl "$HOST/runtime/webhooks/durabletask/instances?instanceIdPrefix=rotate-{VAULT}-&code=$CODE"',
            'curl "$HOST/api/IsAlive"',
        ):
            show.console.print(command, soft_wrap=True)
        ended = threading.Event()
        try:
            while not ended.wait(_TICK):
                stage.clock.advance(timedelta(seconds=_TICK))
        except KeyboardInterrupt:
            show.console.print("stopped")


@contextmanager
def _environment_file(stage: Stage) -> Iterator[None]:
    """Write what puts another terminal inside."""
    variables = {
        **stage.azure.environment,
        "HOST": stage.host.url,
        "KEY": "demo-function-key",
        "CODE": "demo-durable-key",
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    lines.append(f"export PATH={shlex.quote(str(APP / 'dev' / 'az' / 'bin'))}:$PATH")
    ENVIRONMENT.write_text("\n".join(lines) + "\n")
    try:
        yield
    finally:
        ENVIRONMENT.unlink(missing_ok=True)
