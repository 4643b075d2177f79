"""Prints what led to a violation: every call, fault, edit and death in its order."""

from .trial import Trial


def schedule(trial: Trial) -> str:
    """Return a case's calls and notes as lines, and how its instances ended."""
    calls = [
        (call.time, f"{call.operation} {call.target} -> {call.status}{' FAULT' if call.fault else ''}")
        for call in trial.azure.calls
        if call.caller == "app"
    ]
    notes = [(note.time, f"*** {note.text}") for note in trial.ledger.notes]
    lines = [f"{time:%d %b %H:%M:%S.%f}  {text}" for time, text in sorted(calls + notes, key=lambda line: line[0])]
    lines += [
        f"{instance}: {status['runtimeStatus']} {status['customStatus']}" for instance, status in trial.statuses.items()
    ]
    return "\n".join(lines)
