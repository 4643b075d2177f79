"""The objects of the HTTP API, as JSON Schema of OpenAPI 3.1; strict, so that a test notices what is not described."""

import re
from typing import Any

from rotation.actions import Action
from rotation.consumers import STATES as CONSUMER_STATES
from rotation.ids import INSTANCE_ID
from rotation.instance import STATUSES
from rotation.outcomes import OutcomeName
from rotation.policy import SlotStrategy
from rotation.request import LONGEST_REASON, SECRET_NAME, VERSION
from rotation.standing import State
from triggers.reading import VAULT

Schema = dict[str, Any]


def text(description: str = "", **more: Any) -> Schema:
    """Describe a text."""
    return {"type": "string", **({"description": description} if description else {}), **more}


def one_of(words: Any, description: str = "") -> Schema:
    """Describe one of some words."""
    return text(description, enum=[str(word) for word in words])


def many(items: Schema, description: str = "") -> Schema:
    """Describe a list."""
    return {"type": "array", "items": items, **({"description": description} if description else {})}


def ref(name: str) -> Schema:
    """Refer to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def exactly(fields: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Describe an object that has all of some fields, any of the optional ones, and no other."""
    return {
        "type": "object",
        "properties": {**fields, **(optional or {})},
        "required": list(fields),
        "additionalProperties": False,
    }


def _pattern(python: re.Pattern[str]) -> str:
    """Write an expression as ECMA does: anchored, without named groups, both cases where letter case is ignored."""
    plain = re.sub(r"\?P<\w+>", "?:", python.pattern)
    return f"^(?:{plain.replace('a-z', 'A-Za-z') if python.flags & re.IGNORECASE else plain})$"


VAULT_NAME = text("A vault: its host name, or its name alone.", pattern=_pattern(VAULT), examples=["contoso"])
SECRET = text("A secret's name.", pattern=_pattern(SECRET_NAME), examples=["storage-key"])
ID = text("An instance id.", pattern=_pattern(INSTANCE_ID))
REASON = text(
    "Why; kept in the instance, so no place for anything secret.",
    maxLength=LONGEST_REASON,
    pattern="^[^\\u0000-\\u001f\\u007f-\\u009f]*$",
)
FORCE: Schema = {"type": "boolean", "default": False, "description": "Rotate before the lead begins."}
TIME = text(format="date-time")
COUNT: Schema = {"type": "integer", "minimum": 0}
STATUS = one_of(STATUSES, "Durable Functions' word for where the instance is.")
OUTCOME = one_of(OutcomeName, "How it ended.")
TOKEN = text("Present if there is a next page: ask for it with this.")
_HOST = text("A vault's host name.")
_VERSION = text("A version of the secret.", pattern=_pattern(VERSION))
_MAYBE = {"type": ["string", "null"]}

_ROTATION = {
    "id": ID,
    "vault": {**_MAYBE, "description": "Host name; null where the instance's input is none of the app's."},
    "secret": _MAYBE,
    "replaces": {**_MAYBE, "description": "The version that is replaced."},
    "status": STATUS,
    "cause": text("What asked for it."),
    "createdTime": TIME,
    "lastUpdatedTime": TIME,
}
_WAITS = {
    "waitingFor": text("While it waits: for what."),
    "until": text("While it waits: until when, at the latest."),
}
_WINDOW = text("When something that consumers notice may begin, as the tag Window says it.")
_APPROVAL = {"const": True, "description": "Somebody has to approve of each rotation."}
_ROTATION_MORE = {
    "outcome": OUTCOME,
    "reason": text("Why it ended so."),
    "late": {"const": True, "description": "The version had expired when the rotation was planned."},
    "step": text("While it runs: the step it is at."),
    "attempt": COUNT,
    **_WAITS,
}
_DETAILS = {
    "force": {"type": "boolean"},
    "redrives": {**COUNT, "description": "How often the sweep has started it again."},
    "moved": many(text(), "Other secrets that made way, as vault/secret."),
    "can": many(one_of(Action), "What can be done about it in its present state."),
    "steps": many(ref("Step")),
}
_DETAILS_MORE = {
    "rotationId": text("What the tag RotationId of its version says."),
    "provider": text("The target's ARM resource id."),
    "previousVersion": _VERSION,
    "previousSlot": text(),
    "version": _VERSION,
    "slot": text(),
    "expiresOn": text(),
    "verified": text("How the key was proven: data-plane, control-plane or off."),
    "note": text(),
    "window": _WINDOW,
    "hurry": text("Why the window is not waited for."),
    "approval": text("What somebody has answered, when, and with which words."),
    "asksAgain": {**TIME, "description": "Once rejected: from when the sweep asks again."},
    "inventory": text("Vaults that could not be looked through for neighbours."),
    "retired": {"type": "boolean", "description": "Whether the previous credential is dead."},
    "rolledBack": {"const": True},
}

SCHEMAS: dict[str, Schema] = {
    "Problem": exactly(
        {
            "type": text(),
            "title": text(),
            "status": {"type": "integer"},
            "detail": text("What is wrong, and what helps."),
        },
        {
            "complaints": many(text(), "Everything that is wrong with the request or with the secret's tags."),
            "outcome": text("How the rotation would end, or has ended."),
            "can": many(one_of(Action), "What can be done instead."),
        },
    ),
    "Wish": exactly({"vault": VAULT_NAME, "secret": SECRET}, {"force": FORCE, "reason": REASON}),
    "Reason": exactly({}, {"reason": REASON}),
    "Started": exactly(
        {
            "id": ID,
            "vault": _HOST,
            "secret": text(),
            "version": _VERSION,
            "start": one_of(["started", "joined"], "joined: it was being rotated already."),
            "status": STATUS,
        }
    ),
    "Rotation": exactly(_ROTATION, _ROTATION_MORE),
    "RotationDetails": exactly({**_ROTATION, **_DETAILS}, {**_ROTATION_MORE, **_DETAILS_MORE}),
    "Step": exactly(
        {
            "step": text("An activity, or a wait: lock, grace, window, approval."),
            "startedTime": TIME,
            "attempts": COUNT,
            "result": one_of(["done", "retry", "stop", "running", "died"]),
        },
        {"endedTime": TIME, "reason": text(), "outcome": text()},
    ),
    "Rotations": exactly({"rotations": many(ref("Rotation"))}, {"continuationToken": TOKEN}),
    "Done": exactly({"id": ID, "did": text("What has been done.")}, {"instance": ID}),
    "Secret": exactly(
        {
            "vault": _HOST,
            "secret": text(),
            "enabled": {"type": "boolean", "description": "Whether its newest version is enabled."},
            "state": one_of(State),
            "complaints": many(text(), "What has to be changed before it can be rotated."),
        },
        {
            "provider": exactly({"id": text(), "type": text(), "name": text()}),
            "slot": text("The slot that its tag CredentialId claims."),
            "strategy": one_of(SlotStrategy),
            "window": _WINDOW,
            "approval": _APPROVAL,
            "expiresOn": TIME,
            "daysLeft": {"type": "integer", "description": "Whole days; negative once it has expired."},
            "nextRotation": {**TIME, "description": "From when it is rotated without force; in its window."},
            "replicaOf": exactly({"vault": _HOST, "secret": text(), "version": _VERSION}),
            "replicas": many(
                exactly({"vault": _HOST, "state": one_of(["equal", "behind", "unknown"])}, {"reason": text()}),
                "The copies in other vaults, as far as listings tell of them.",
            ),
            "lastRotation": exactly(
                {"id": ID, "status": STATUS, "createdTime": TIME, "lastUpdatedTime": TIME},
                {"outcome": OUTCOME, "reason": text(), **_WAITS},
            ),
        },
    ),
    "Secrets": exactly(
        {
            "asOf": {**TIME, "description": "The app's present, which all times are to be compared with."},
            "secrets": many(ref("Secret")),
            "unreachable": many(exactly({"vault": _HOST, "reason": text()}), "Vaults that could not be listed."),
        },
        {"continuationToken": TOKEN},
    ),
    "Consumers": exactly(
        {
            "asOf": TIME,
            "vault": _HOST,
            "secret": text(),
            "consumers": many(
                ref("Consumer"), "Those that have not got the version first; none where nobody is known."
            ),
        },
        {
            "version": {**_VERSION, "description": "The newest version that was brought to consumers."},
            "status": STATUS,
            "outcome": text(
                "ready: everybody has it; behind: somebody has not; nobody is known; or why it ended early."
            ),
            "reason": text(),
            "id": text("The Durable instance."),
            "createdTime": TIME,
            "lastUpdatedTime": TIME,
        },
    ),
    "Consumer": exactly(
        {
            "id": text("Its ARM resource id."),
            "name": text(),
            "state": one_of(CONSUMER_STATES),
            "settings": many(text(), "Settings that are not where they should be."),
        },
        {"version": text("What it holds, as far as that is known."), "reason": text()},
    ),
    "Plan": exactly(
        {
            "asOf": TIME,
            "vault": _HOST,
            "secret": text(),
            "version": {**_MAYBE, "description": "The current version; null where it is disabled."},
            "outcome": one_of(OutcomeName, "How the rotation would end if nothing failed."),
            "complaints": many(text(), "Every reason why it would be refused."),
            "moves": many(exactly({"vault": _HOST, "secret": text()}), "Other secrets that would have to make way."),
            "steps": many(ref("PlannedStep"), "None where it would end at once."),
        },
        {
            "reason": text(),
            "provider": text(),
            "slot": text(),
            "previousSlot": text(),
            "window": _WINDOW,
            "windowOpens": {**TIME, "description": "When it opens, if it is closed now and waited for."},
            "hurry": text("Why the window is not waited for."),
            "approval": _APPROVAL,
        },
    ),
    "PlannedStep": exactly(
        {"step": text(), "calls": many(ref("Call"))},
        {"note": text(), "until": {**TIME, "description": "When a wait would end."}},
    ),
    "Call": exactly(
        {
            "service": text("keyvault, or a service of the target's."),
            "operation": text("As in docs/security.md, which says what allows it."),
            "target": text("vault, vault/secret, account or account/slot."),
            "changes": {"type": "boolean"},
        }
    ),
    "ParkedEvents": exactly(
        {
            "events": many(
                exactly(
                    {
                        "enqueued": text("When the Event Hub received it; empty where unknown."),
                        "partition": text(),
                        "sequenceNumber": {"type": ["integer", "null"]},
                        "position": {**COUNT, "description": "Which event of its message, from 0."},
                        "reason": text(),
                        "excerpt": text("The beginning of the message, without what looks like a credential."),
                    }
                ),
                "Newest first.",
            )
        }
    ),
    "Alive": exactly({"isAlive": {"const": True}, "timestamp": TIME, "version": text(), "regionName": text()}),
}
