"""How a command takes a group of options as one value, so that those which commands share are declared once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, get_type_hints


def together(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` as typer wants it: each parameter whose type is a NamedTuple gives way to that type's fields.

    The fields are annotated as typer's parameters are, and stand in ``--help`` where the parameter stood.
    """
    groups: dict[str, Any] = {}
    shown: list[inspect.Parameter] = []
    hints = get_type_hints(command, include_extras=True)
    for parameter in inspect.signature(command).parameters.values():
        kind = hints[parameter.name]
        if not hasattr(kind, "_fields"):
            shown.append(parameter.replace(annotation=kind, kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        groups[parameter.name] = kind
        shown += [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=kind._field_defaults.get(name, inspect.Parameter.empty),
                annotation=annotation,
            )
            for name, annotation in get_type_hints(kind, include_extras=True).items()
        ]

    @wraps(command)
    def call(**words: Any) -> None:
        values = {name: kind(*map(words.pop, kind._fields)) for name, kind in groups.items()}
        command(**words, **values)

    # It is what typer goes by.
    call.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    return call
