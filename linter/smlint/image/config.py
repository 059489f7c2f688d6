"""The image config: the JSON that says what is started and how the image was made (image-spec ``config.md``).

Engines, archives and registries give the same fields in slightly different wrappings; here they become one value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from smlint.image.reference import ImageError

#: Configs hold history and labels; the largest in public use are some hundred KiB.
MAX_CONFIG: Final = 8 << 20

_NOP: Final = re.compile(r"^/bin/sh -c #\(nop\)\s+")
_RUN: Final = re.compile(
    r"^(?:RUN )?(?:\|\d+ (?P<arguments>.*?) )?/bin/(?:ba|da|a)?sh (?:-\S+ )*-\S*c (?P<script>.*)$", re.DOTALL
)
_BUILDKIT: Final = re.compile(r"\s*# buildkit$")


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One instruction of the build, as the builder recorded it."""

    #: The instruction as a Dockerfile would have it: ``RUN apt-get …``, ``ENTRYPOINT ["/app"]``; "" when unrecorded.
    created_by: str
    #: Position of the layer it made; None when it only changed the config.
    layer: int | None

    @property
    def keyword(self) -> str:
        """The instruction's first word in upper case."""
        return self.created_by.partition(" ")[0].upper()


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What the engine will start, and the history of the image."""

    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    workdir: str = ""
    user: str = ""
    stop_signal: str = ""
    volumes: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    shell: tuple[str, ...] = ()
    operating_system: str = ""
    architecture: str = ""
    variant: str = ""
    diff_ids: tuple[str, ...] = ()
    history: tuple[HistoryStep, ...] = ()

    def step_of_layer(self, layer: int | None) -> HistoryStep | None:
        """The history step that made a layer; None where the history does not say."""
        if layer is None:
            return None
        return next((step for step in self.history if step.layer == layer), None)

    def last_step(self, keyword: str, mention: str = "") -> HistoryStep | None:
        """The last step with that keyword (and ``mention`` in its text): the one whose setting is in force."""
        for step in reversed(self.history):
            if step.keyword == keyword and mention in step.created_by:
                return step
        return None


def parse_config(raw: bytes, what: str) -> ImageConfig:
    """Read an image config blob; ``what`` names it in errors. Raises :class:`ImageError`."""
    return config_of(parse_object(raw, what), what)


def parse_object(raw: bytes, what: str) -> dict[str, Any]:
    """Read a JSON object; raises :class:`ImageError`."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise ImageError(f"{what} is not valid JSON") from None
    if not isinstance(value, dict):
        raise ImageError(f"{what} is not a JSON object")
    return value


def config_of(value: Mapping[str, Any], what: str) -> ImageConfig:
    """Read the config of an archive, layout or registry. Raises :class:`ImageError` when a field has another type."""
    rootfs = _mapping(value, "rootfs", what)
    diff_ids = _strings(rootfs, "diff_ids", what)
    history = value.get("history") or []
    if not isinstance(history, list) or not all(isinstance(step, dict) for step in history):
        raise ImageError(f"{what}: history is not a list of objects")
    return _config(
        _mapping(value, "config", what),
        what,
        platform=(
            _string(value, "os", what),
            _string(value, "architecture", what),
            _string(value, "variant", what),
        ),
        diff_ids=diff_ids,
        history=steps(
            (str(step.get("created_by") or ""), step.get("empty_layer") is True) for step in history
        ),
    )


def config_of_engine(
    value: Mapping[str, Any], history: Sequence[Mapping[str, Any]], what: str
) -> ImageConfig:
    """Read what an engine's image inspect and history calls give (history: newest first)."""
    diff_ids = _strings(_mapping(value, "RootFS", what), "Layers", what)
    oldest_first = [str(step.get("CreatedBy") or "") for step in reversed(history)]
    empty = [not step.get("Size") for step in reversed(history)]
    return _config(
        _mapping(value, "Config", what),
        what,
        platform=(
            _string(value, "Os", what),
            _string(value, "Architecture", what),
            _string(value, "Variant", what),
        ),
        diff_ids=diff_ids,
        # The engine tells sizes, not which steps made a layer; a layer of 0 bytes would shift all others.
        history=steps(zip(oldest_first, empty, strict=True), known=empty.count(False) == len(diff_ids)),
    )


def steps(history: Any, *, known: bool = True) -> tuple[HistoryStep, ...]:
    """Number the layers of ``(created_by, makes no layer)`` pairs, oldest first."""
    found: list[HistoryStep] = []
    layer = 0
    for created_by, empty in history:
        found.append(HistoryStep(instruction(created_by), None if empty or not known else layer))
        layer += not empty
    return tuple(found)


def instruction(created_by: str) -> str:
    """A history entry as the Dockerfile instruction it stands for.

    The classic builder writes ``/bin/sh -c #(nop)  CMD …`` and ``/bin/sh -c apt-get …``, BuildKit ``CMD …`` and
    ``RUN /bin/sh -c apt-get … # buildkit``.
    """
    text = _BUILDKIT.sub("", created_by.strip())
    bare = _NOP.sub("", text)
    if bare != text:
        return bare
    run = _RUN.match(text)
    if run:
        return f"RUN {run['script']}"
    return text


def _config(
    config: Mapping[str, Any],
    what: str,
    *,
    platform: tuple[str, str, str],
    diff_ids: tuple[str, ...],
    history: tuple[HistoryStep, ...],
) -> ImageConfig:
    environment = (entry.partition("=") for entry in _strings(config, "Env", what))
    labels = _mapping(config, "Labels", what)
    return ImageConfig(
        entrypoint=_strings(config, "Entrypoint", what),
        cmd=_strings(config, "Cmd", what),
        environment=tuple((name, value) for name, _, value in environment),
        workdir=_string(config, "WorkingDir", what),
        user=_string(config, "User", what),
        stop_signal=_string(config, "StopSignal", what),
        volumes=tuple(_mapping(config, "Volumes", what)),
        ports=tuple(_mapping(config, "ExposedPorts", what)),
        labels=tuple((name, str(value)) for name, value in labels.items()),
        shell=_strings(config, "Shell", what),
        operating_system=platform[0],
        architecture=platform[1],
        variant=platform[2],
        diff_ids=diff_ids,
        history=history,
    )


def _mapping(value: Mapping[str, Any], key: str, what: str) -> Mapping[str, Any]:
    found = value.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ImageError(f"{what}: {key} is not a JSON object")
    return found


def _strings(value: Mapping[str, Any], key: str, what: str) -> tuple[str, ...]:
    found = value.get(key)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise ImageError(f"{what}: {key} is not a list of strings")
    return tuple(found)


def _string(value: Mapping[str, Any], key: str, what: str) -> str:
    found = value.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise ImageError(f"{what}: {key} is not a string")
    return found
