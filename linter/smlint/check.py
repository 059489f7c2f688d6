"""One call over many Dockerfiles: the settings of each, its plan, its text, and what could not be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from smlint import config
from smlint.config import PathPattern, Settings
from smlint.dockerfile import UnreadableInputError, decode, read
from smlint.dockerfile.lint import DockerfileOptions, lint_dockerfile
from smlint.dockerfile.stages import UnknownStageError
from smlint.engine import Outcome, Plan
from smlint.plan import make_plan
from smlint.registry import Registry
from smlint.workload import DEFAULT_WORKLOADS, Workload

STDIN = "-"


class Arguments(NamedTuple):
    """What the command line says, before any file is looked at. Empty and None mean "nothing said"."""

    paths: tuple[str, ...] = ()
    stdin: Callable[[], bytes] = bytes
    stdin_filename: str | None = None
    workloads: tuple[Workload, ...] = ()
    overrides: Mapping[str, object] = {}
    exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    config_file: str | None = None
    isolated: bool = False
    environ: Mapping[str, str] = {}
    #: Texts that are judged in place of what the files of these names hold.
    texts: Mapping[str, str] = {}

    @property
    def stdin_name(self) -> str:
        """What findings call the text from standard input."""
        return self.stdin_filename or "<stdin>"


class Result(NamedTuple):
    """What came of a call: an outcome per readable input, and one line per input that was not."""

    outcomes: tuple[Outcome, ...]
    failures: tuple[str, ...]
    #: The settings of the first input (of the working directory, where there is none): they hold for the report.
    settings: Settings


class Checker:
    """Judges Dockerfiles; settings and plans are made once per configuration file."""

    def __init__(self, arguments: Arguments, registry: Registry) -> None:
        self._arguments = arguments
        self._registry = registry
        self._by_folder: dict[str, Settings] = {}
        self._by_file: dict[str | None, Settings] = {}
        self._closest_files: dict[str, str | None] = {}
        self._plans: dict[tuple[int, tuple[str, ...]], Plan] = {}
        self._failures: list[str] = []
        here = os.getcwd()
        self._exclude = tuple(PathPattern(here, pattern) for pattern in arguments.exclude)

    def run(self) -> Result:
        """Judge every input; raises ConfigError and UnknownRuleError, which concern the whole call."""
        outcomes = [outcome for path in self._inputs() for outcome in self._one(path)]
        first = outcomes[0].subject.name if outcomes else ""
        return Result(tuple(outcomes), tuple(self._failures), self.settings(first))

    def settings(self, path: str) -> Settings:
        """The settings for a file: its folder's configuration under the command line's words."""
        folder = os.path.dirname(path) or "."
        if folder not in self._by_folder:
            self._by_folder[folder] = self._load(self._closest(folder))
        return self._by_folder[folder]

    def _closest(self, folder: str) -> str | None:
        """The configuration file for a folder; None when there is none or it is not wanted."""
        arguments = self._arguments
        if arguments.isolated:
            return None
        named = arguments.config_file or arguments.environ.get(f"{config.ENVIRONMENT_PREFIX}CONFIG")
        return named or config.find(folder, self._closest_files)

    def _load(self, file: str | None) -> Settings:
        if file not in self._by_file:
            environ = self._arguments.environ
            found = config.load(
                ".", explicit=file, isolated=file is None, environ=environ, rules=self._registry
            )
            self._by_file[file] = config.override(found, "command line", **self._arguments.overrides)
        return self._by_file[file]

    def plan(self, path: str) -> Plan:
        """The rules and levels for a file."""
        settings = self.settings(path)
        ignored = settings.ignored_in(path) if settings.per_file_ignores else ()
        key = (id(settings), ignored)
        if key not in self._plans:
            self._plans[key] = make_plan(settings, ignored, self._registry)
        return self._plans[key]

    def _inputs(self) -> Iterator[str]:
        seen: set[str] = set()
        for path in self._arguments.paths or (".",):
            for found in self._meant_by(path):
                name = found if found == STDIN else os.path.abspath(found)
                if name not in seen:
                    seen.add(name)
                    yield found

    def _meant_by(self, path: str) -> Iterator[str]:
        if path == STDIN or not os.path.isdir(path):
            if not (self._arguments.force_exclude and self._is_excluded(path)):
                yield path
            return
        from smlint import discover

        found = False
        before = len(self._failures)
        for each in discover.dockerfiles(os.path.normpath(path), self._is_excluded, self._failures.append):
            found = True
            yield each
        if not found and len(self._failures) == before:
            self._failures.append(f"{path}: holds no Dockerfile; name the file if it is called otherwise")

    def _is_excluded(self, path: str) -> bool:
        patterns: Sequence[PathPattern] = (*self._exclude, *self.settings(path.rstrip("/")).exclude)
        return any(pattern.matches(path) for pattern in patterns)

    def _one(self, path: str) -> Iterator[Outcome]:
        name = self._arguments.stdin_name if path == STDIN else path
        try:
            if name in self._arguments.texts:
                text = self._arguments.texts[name]
            else:
                text = decode(self._arguments.stdin()) if path == STDIN else read(path)
            yield lint_dockerfile(text, name, self._options(path, name), self.plan(name))
        except (UnreadableInputError, UnknownStageError) as error:
            self._failures.append(f"{name}: {error}")

    def _options(self, path: str, name: str) -> DockerfileOptions:
        settings = self.settings(name)
        context = settings.build_context()
        if context is None and (path != STDIN or self._arguments.stdin_filename):
            context = os.path.dirname(name) or "."
        return DockerfileOptions(
            workloads=self._arguments.workloads or None,
            fallback_workloads=settings.workload_of(name) or DEFAULT_WORKLOADS,
            stage=settings.stage,
            build_args=settings.build_args,
            context=context,
        )
