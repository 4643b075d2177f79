"""The app's functions as the host sees them: name, trigger, bindings, callable.

What can't be honoured is refused while the app loads, naming the function: a binding that this host doesn't know, a
parameter without a binding, an app setting that isn't there.
"""

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func
from azure.functions import meta

from .errors import HostError
from .settings import resolve_percent

HTTP, TIMER, EVENT_HUB = "httpTrigger", "timerTrigger", "eventHubTrigger"
ACTIVITY, ORCHESTRATION, ENTITY = "activityTrigger", "orchestrationTrigger", "entityTrigger"
CLIENT, HTTP_OUTPUT = "durableClient", "http"
_TRIGGERS = frozenset({HTTP, TIMER, EVENT_HUB, ACTIVITY, ORCHESTRATION, ENTITY})
_NOT_SETTINGS = frozenset({"name", "type", "direction", "dataType", "route", "methods", "authLevel", "cardinality"})


@dataclass(frozen=True)
class LoadedFunction:
    """One function of the app."""

    name: str
    call: Callable[..., Any]
    trigger: dict[str, Any]
    """The trigger's binding as function.json would have it, settings resolved."""
    bindings: list[dict[str, Any]]
    client_names: list[str]
    wants_context: bool
    is_async: bool
    retry: dict[str, Any] | None = None
    script_file: str = field(default="function_app.py")

    @property
    def kind(self) -> str:
        """Return the type of the trigger."""
        return str(self.trigger["type"])

    @property
    def parameter(self) -> str:
        """Return the name of the parameter that gets the trigger's data."""
        return str(self.trigger["name"])

    @property
    def durable_name(self) -> str:
        """Return the name that orchestrators and entity ids use."""
        alias = {ACTIVITY: "activity", ORCHESTRATION: "orchestration", ENTITY: "entityName"}.get(self.kind)
        return str(self.trigger.get(alias or "") or self.name)


def describe(function: Any, environ: Mapping[str, str]) -> LoadedFunction:
    """Turn the SDK's function into ours.

    Raises:
        HostError: It can't be run here.
    """
    name = str(function.get_function_name())
    trigger = function.get_trigger()
    bindings = [_plain(binding.get_dict_repr(), environ, name) for binding in function.get_bindings()]
    _refuse_unknown(name, bindings)
    call = function.get_user_function()
    parameters = _parameters(name, call)
    bound = {binding["name"] for binding in bindings if binding["name"] != "$return"}
    wants_context = "context" in parameters and "context" not in bound
    _compare(name, bound, set(parameters) - ({"context"} if wants_context else set()))
    described = next(binding for binding in bindings if binding["name"] == trigger.name)
    _check_annotation(name, described, parameters)
    return LoadedFunction(
        name=name,
        call=call,
        trigger=described,
        bindings=bindings,
        client_names=[binding["name"] for binding in bindings if binding["type"] == CLIENT],
        wants_context=wants_context,
        is_async=inspect.iscoroutinefunction(call),
        retry=function.get_settings_dict("retry_policy"),
    )


def _plain(binding: dict[str, Any], environ: Mapping[str, str], function: str) -> dict[str, Any]:
    """Turn the SDK's enums into their texts, and settings into their values."""
    plain: dict[str, Any] = {}
    for key, value in binding.items():
        if isinstance(value, str) and key not in _NOT_SETTINGS and not hasattr(value, "value"):
            plain[key] = resolve_percent(value, environ, f"function '{function}'")
        elif isinstance(value, list | tuple):
            plain[key] = [str(item) for item in value]
        elif value is None or isinstance(value, bool | int | float | dict):
            plain[key] = value
        else:
            plain[key] = str(value)
    return plain


def _refuse_unknown(function: str, bindings: list[dict[str, Any]]) -> None:
    for binding in bindings:
        kind = binding["type"]
        if kind not in _TRIGGERS and kind not in (CLIENT, HTTP_OUTPUT):
            raise HostError(f"function '{function}': binding type '{kind}' is not supported by the embedded host")
        if kind == HTTP_OUTPUT and binding["name"] != "$return":
            raise HostError(
                f"function '{function}': HTTP output '{binding['name']}' is not supported, only the return value"
            )


def _parameters(function: str, call: Callable[..., Any]) -> dict[str, Any]:
    try:
        hints = typing.get_type_hints(call)
    except Exception as error:
        raise HostError(f"function '{function}': its type hints can't be resolved: {error}") from None
    return {name: hints.get(name) for name in inspect.signature(call).parameters}


def _compare(function: str, bound: set[str], declared: set[str]) -> None:
    if missing := bound - declared:
        raise HostError(f"function '{function}': it has bindings but no parameters named {sorted(missing)}")
    if extra := declared - bound:
        raise HostError(f"function '{function}': it has parameters but no bindings named {sorted(extra)}")


def _check_annotation(function: str, trigger: dict[str, Any], parameters: dict[str, Any]) -> None:
    annotation = parameters[trigger["name"]]
    converter = converter_for(trigger["type"])
    if annotation is None or annotation is Any or trigger["type"] in (ACTIVITY, ORCHESTRATION, ENTITY):
        return
    try:
        fits = converter.check_input_type_annotation(annotation)
    except TypeError:
        fits = False
    if not fits:
        # The SDK's check, which the real worker makes too, knows typing.List but not list.
        hint = "; write typing.List" if isinstance(annotation, types.GenericAlias) else ""
        raise HostError(
            f"function '{function}': parameter '{trigger['name']}' is annotated with {annotation!r}, "
            f"which a {trigger['type']} does not give{hint}"
        )


def converter_for(kind: str) -> Any:
    """Return the SDK's converter for a type of binding."""
    registry: Any = meta
    return registry.get_binding_registry().get(kind)


def is_app(candidate: object) -> bool:
    """Tell whether a module's attribute is a function app."""
    return isinstance(candidate, func.decorators.function_app.FunctionRegister)
