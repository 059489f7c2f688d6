"""Settings: which file they come from, what may stand in it, and the one value that results.

Files, environment and command line are merged here and nowhere else; what a setting does is the business of those who
read it. Nothing here prints, and TOML is only parsed where a file that speaks of smlint was found.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from smlint.config_files import FILE_NAMES as FILE_NAMES
from smlint.config_files import ConfigError as ConfigError
from smlint.config_files import find as find
from smlint.config_files import section_of
from smlint.diagnostics import Severity
from smlint.workload import Workload

ENVIRONMENT_PREFIX: Final = "SMLINT_"
DEFAULT_ORIGIN: Final = "default"


class Selectors(Protocol):
    """What knows whether a rule selector means something (the rule registry)."""

    def matching(self, selector: str) -> frozenset[str]:
        """Codes meant by ``selector``; raises ValueError, with the nearest valid one, where there are none."""
        ...


class PathPattern(NamedTuple):
    """A gitignore pattern and the absolute folder that it is relative to."""

    folder: str
    pattern: str

    def matches(self, path: str) -> bool:
        """Whether ``path`` (relative to the working directory, or absolute) is meant."""
        from pathspec import GitIgnoreSpec

        inside = os.path.relpath(os.path.abspath(path), self.folder).replace(os.sep, "/")
        if inside.startswith("../"):
            return False
        return GitIgnoreSpec.from_lines([self.pattern]).match_file(inside)


class Settings(NamedTuple):
    """The settings in force. Paths are absolute; patterns know their folder; () and None mean "nothing said"."""

    workload: tuple[Workload, ...] = ()
    stage: str | None = None
    #: Selectors as written: codes, beginnings of codes, names, ``ALL``.
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = {}
    fail_level: Severity = Severity.WARNING
    format: str = "text"
    exclude: tuple[PathPattern, ...] = ()
    build_args: Mapping[str, str] = {}
    context: str | None = None
    baseline: str | None = None
    per_file_ignores: Mapping[PathPattern, tuple[str, ...]] = {}
    per_file_workload: Mapping[PathPattern, tuple[Workload, ...]] = {}
    #: Field name to where its value came from; a field that is missing has its default.
    origins: Mapping[str, str] = {}
    #: The file that was found, or None.
    file: str | None = None

    def origin(self, name: str) -> str:
        """Where the field ``name`` got its value: a file, an environment variable, the command line, a default."""
        return self.origins.get(name, DEFAULT_ORIGIN)

    def build_context(self) -> str | None:
        """The folder that ``context`` names; raises ConfigError where it is none, since scripts would go unseen."""
        if self.context is not None and not os.path.isdir(self.context):
            raise ConfigError(f"{self.origin('context')}: 'context': {self.context} is not a folder")
        return self.context

    def ignored_in(self, path: str) -> tuple[str, ...]:
        """The selectors that ``per-file-ignores`` takes away from the file ``path``."""
        return tuple(
            selector
            for pattern, selectors in self.per_file_ignores.items()
            if pattern.matches(path)
            for selector in selectors
        )

    def workload_of(self, path: str) -> tuple[Workload, ...]:
        """The workloads that ``per-file-workload`` (the last match wins) or ``workload`` name for ``path``."""
        found = self.workload
        for pattern, workloads in self.per_file_workload.items():
            if pattern.matches(path):
                found = workloads
        return found


class _Place(NamedTuple):
    """Where a value is written: what errors call it, and the folder its paths are relative to."""

    name: str
    folder: str


def _text(value: Any, _: _Place) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a non-empty string")
    return value


def _path(value: Any, place: _Place) -> str:
    return os.path.normpath(os.path.join(place.folder, _text(value, place)))


def _texts(value: Any, place: _Place) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise ValueError("must be a string or a list of strings")
    return tuple(value)


def _patterns(value: Any, place: _Place) -> tuple[PathPattern, ...]:
    return tuple(PathPattern(place.folder, each) for each in _texts(value, place))


def _workloads(value: Any, place: _Place) -> tuple[Workload, ...]:
    names = _texts(value, place)
    return tuple(dict.fromkeys(Workload(_one_of(name, tuple(Workload))) for name in names))


def _severity(value: Any, place: _Place) -> Severity:
    return Severity[_one_of(_text(value, place), tuple(level.label for level in Severity)).upper()]


def _format(value: Any, place: _Place) -> str:
    return _one_of(_text(value, place), FORMATS)


def _table(value: Any, place: _Place, read: Callable[[Any, _Place], Any]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be a table")
    found = {}
    for key, each in value.items():
        try:
            found[key] = read(each, place)
        except ValueError as error:
            raise ValueError(f"{key!r}: {error}") from None
    return found


def _severities(value: Any, place: _Place) -> dict[str, Severity]:
    return _table(value, place, _severity)


def _build_args(value: Any, place: _Place) -> dict[str, str]:
    return _table(value, place, _build_arg)


def _build_arg(value: Any, _: _Place) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string; put it in quotes")
    return value


def _per_file_ignores(value: Any, place: _Place) -> dict[PathPattern, tuple[str, ...]]:
    return {PathPattern(place.folder, key): each for key, each in _table(value, place, _texts).items()}


def _per_file_workload(value: Any, place: _Place) -> dict[PathPattern, tuple[Workload, ...]]:
    return {PathPattern(place.folder, key): each for key, each in _table(value, place, _workloads).items()}


FORMATS: Final = (
    "text",
    "concise",
    "json",
    "jsonl",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "checkstyle",
    "markdown",
    "rdjson",
    "statistics",
)


class Option(NamedTuple):
    """One setting: its key in files, how its value is read, and one line of documentation."""

    key: str
    read: Callable[[Any, _Place], Any]
    doc: str

    @property
    def field(self) -> str:
        """The attribute of Settings."""
        return self.key.replace("-", "_")

    @property
    def variable(self) -> str | None:
        """The environment variable; settings that are keyed by files have none."""
        return None if self.key.startswith("per-file-") else ENVIRONMENT_PREFIX + self.field.upper()


OPTIONS: Final = (
    Option("workload", _workloads, "What the images are for: training, processing, inference."),
    Option("stage", _text, "The stage to judge; default: the one named for SageMaker, else the last."),
    Option("select", _texts, "The only rules to run: codes, beginnings of codes (SM2), names, ALL."),
    Option("extend-select", _texts, "Rules to run besides those of `select`."),
    Option("ignore", _texts, "Rules not to run; the narrower of two selectors wins."),
    Option("severity", _severities, "Another severity for a rule: error, warning or info."),
    Option("fail-level", _severity, "The least severity that makes the exit code 1."),
    Option("format", _format, "The format of the report on standard output."),
    Option("exclude", _patterns, "Files not to look for, as gitignore patterns relative to this file."),
    Option("build-args", _build_args, "Values of ARG instructions, as `docker build --build-arg` has them."),
    Option("context", _path, "The build context, relative to this file; default: each Dockerfile's folder."),
    Option("baseline", _path, "A file of findings that are known and not reported, relative to this file."),
    Option(
        "per-file-ignores", _per_file_ignores, "Gitignore pattern to rules that are ignored in such files."
    ),
    Option("per-file-workload", _per_file_workload, "Gitignore pattern to what such files are for."),
)
_BY_KEY: Final = {option.key: option for option in OPTIONS}
#: The key that names other files to stand on.
EXTEND: Final = "extend"


def load(
    start: str,
    *,
    explicit: str | None = None,
    isolated: bool = False,
    environ: Mapping[str, str],
    rules: Selectors | None = None,
) -> Settings:
    """The settings for the file or folder ``start``; raises ConfigError.

    ``explicit`` names the file to take instead of looking for one; ``isolated`` reads no file at all. Environment
    variables (``SMLINT_WORKLOAD=processing``) win over files. ``rules``, where given, judges every rule selector.
    """
    settings = Settings()
    file = None if isolated else (explicit or environ.get(ENVIRONMENT_PREFIX + "CONFIG") or find(start))
    if file is not None:
        settings = _from_file(os.path.abspath(file), ())._replace(file=os.path.abspath(file))
    settings = _from_environment(settings, environ)
    if rules is not None:
        _check_selectors(settings, rules)
    return settings


def override(settings: Settings, origin: str, **values: Any) -> Settings:
    """``settings`` with those fields of ``values`` on top that say something (neither None nor empty).

    Tables are merged row by row and ``extend_select`` adds up, as between files; ``origin`` is recorded for each.
    """
    given = {name: value for name, value in values.items() if value is not None and value not in ((), {}, [])}
    return _merge(settings, Settings(**given, origins=dict.fromkeys(given, origin)))


def _from_file(path: str, extended_by: tuple[str, ...]) -> Settings:
    if path in extended_by:
        raise ConfigError(f"{extended_by[-1]}: 'extend' leads back to {path}")
    place = _Place(path, os.path.dirname(path))
    table = dict(section_of(path) or {})
    settings = Settings()
    if EXTEND in table:
        for target in _read_extend(table.pop(EXTEND), place):
            settings = _merge(settings, _from_file(target, (*extended_by, path)))
    values = {}
    for key, value in table.items():
        option = _BY_KEY.get(key)
        if option is None:
            raise ConfigError(f"{path}: unknown key {key!r}{_did_you_mean(key, [*_BY_KEY, EXTEND])}")
        values[option.field] = _read(option, value, place)
    return _merge(settings, Settings(**values, origins=dict.fromkeys(values, path)))


def _read_extend(value: Any, place: _Place) -> list[str]:
    try:
        return [_path(each, place) for each in _texts(value, place)]
    except ValueError as error:
        raise ConfigError(f"{place.name}: 'extend' {error}") from None


def _read(option: Option, value: Any, place: _Place) -> Any:
    try:
        return option.read(value, place)
    except ValueError as error:
        raise ConfigError(f"{place.name}: {option.key!r} {error}") from None


def _merge(under: Settings, over: Settings) -> Settings:
    """``over`` wins key by key; tables are merged row by row, and ``extend-select`` adds up."""
    values: dict[str, Any] = {}
    for name in over.origins:
        value = getattr(over, name)
        if isinstance(value, dict):
            value = {**getattr(under, name), **value}
        elif name == "extend_select":
            value = under.extend_select + over.extend_select
        values[name] = value
    return under._replace(**values, origins={**under.origins, **over.origins})


_TABLES: Final = (_severities, _build_args)
_LISTS: Final = (_workloads, _texts, _patterns)


def _from_environment(settings: Settings, environ: Mapping[str, str]) -> Settings:
    variables = {option.variable: option for option in OPTIONS if option.variable is not None}
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name in sorted(environ):
        if not name.startswith(ENVIRONMENT_PREFIX):
            continue
        option = variables.get(name)
        if option is None:
            _refuse_typing_error(name, variables)
        elif environ[name]:
            place = _Place(f"environment variable {name}", os.getcwd())
            values[option.field] = _read(option, _structured(option, environ[name], place), place)
            origins[option.field] = place.name
    return _merge(settings, Settings(**values, origins=origins))


def _structured(option: Option, text: str, place: _Place) -> Any:
    """A variable's text in the shape that a file would have it: lists by commas, tables as ``KEY=VALUE,…``."""
    if option.read in _LISTS:
        return [each.strip() for each in text.split(",") if each.strip()]
    if option.read not in _TABLES:
        return text
    table = {}
    for each in text.split(","):
        key, equals, value = each.partition("=")
        if not equals:
            raise ConfigError(f"{place.name}: {each!r} is not of the form KEY=VALUE")
        table[key.strip()] = value.strip()
    return table


def _refuse_typing_error(name: str, variables: Iterable[str]) -> None:
    """Other programs may use the prefix, so a strange variable is only an error where it is nearly one of ours."""
    if name == ENVIRONMENT_PREFIX + "CONFIG":
        return
    hint = _did_you_mean(name, variables, cutoff=0.85)
    if hint:
        raise ConfigError(f"environment variable {name} is not known{hint}")


def _check_selectors(settings: Settings, rules: Selectors) -> None:
    per_file = [selector for selectors in settings.per_file_ignores.values() for selector in selectors]
    for field, selectors in (
        ("select", settings.select),
        ("extend_select", settings.extend_select),
        ("ignore", settings.ignore),
        ("severity", tuple(settings.severity)),
        ("per_file_ignores", per_file),
    ):
        for selector in selectors:
            try:
                rules.matching(selector)
            except ValueError as error:
                key = field.replace("_", "-")
                raise ConfigError(f"{settings.origin(field)}: {key!r}: {error}") from None


def _one_of(value: str, names: tuple[str, ...]) -> str:
    if value not in names:
        hint = _did_you_mean(value, names)
        raise ValueError(f"cannot be {value!r}{hint or '; it is one of ' + ', '.join(names)}")
    return value


def _did_you_mean(word: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, list(names), n=1, cutoff=cutoff)
    return f"; did you mean '{close[0]}'?" if close else ""
