"""What BuildKit refuses once the file is parsed: instructions that cannot mean anything.

Only what is certain from the text alone is refused here. The rules are those of moby/buildkit,
``frontend/dockerfile/instructions``; values that hold variables are checked at build time and not here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from smlint.dockerfile.errors import DockerfileSyntaxError, nearest, shown
from smlint.dockerfile.heredocs import opener
from smlint.dockerfile.instructions import Instruction
from smlint.dockerfile.words import SPACE, InvalidArgumentsError

#: Flags per instruction: "bool" may stand alone, "text" needs a value, "texts" may be repeated.
_FLAGS: Final[dict[str, dict[str, str]]] = {
    "ADD": {
        "chown": "text",
        "chmod": "text",
        "link": "bool",
        "keep-git-dir": "bool",
        "checksum": "text",
        "unpack": "bool",
        "exclude": "texts",
    },
    "COPY": {
        "chown": "text",
        "chmod": "text",
        "from": "text",
        "link": "bool",
        "parents": "bool",
        "exclude": "texts",
    },
    "FROM": {"platform": "text"},
    "HEALTHCHECK": {
        "interval": "text",
        "timeout": "text",
        "start-period": "text",
        "start-interval": "text",
        "retries": "text",
    },
    "RUN": {"mount": "texts", "network": "text", "security": "text", "device": "texts"},
}
#: BuildKit never looks at the flags of ARG and STOPSIGNAL, and at those of HEALTHCHECK only if it has a command.
_FLAGS_UNCHECKED: Final = frozenset(("ARG", "HEALTHCHECK", "STOPSIGNAL"))
_ONE_ARGUMENT: Final = frozenset(("MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"))
_SOME_ARGUMENT: Final = frozenset(("ARG", "ENV", "EXPOSE", "LABEL", "ONBUILD", "SHELL", "VOLUME"))
#: Everything that BuildKit knows.
KEYWORDS: Final = _ONE_ARGUMENT | _SOME_ARGUMENT | _FLAGS.keys() | {"CMD", "ENTRYPOINT"}
_LETTERS = re.compile(r"[A-Z]+")
_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*\Z")
# Go's time.ParseDuration: signed decimal numbers with units, or a bare 0.
_DURATION = re.compile(r"[+-]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)\Z")
_DURATION_PART = re.compile(r"([0-9]*)\.?([0-9]*)(ns|us|µs|μs|ms|s|m|h)")
_NANOSECONDS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_RETRIES = re.compile(r"[+-]?[0-9]{1,18}\Z")
_CSV_FIELD = re.compile(r'(?:^|,)("(?:[^"]|"")*+"|[^",]*)')
_CSV = re.compile(r'(?:"(?:[^"]|"")*+"|[^",]*)(?:,(?:"(?:[^"]|"")*+"|[^",]*))*+\Z')


def check(instructions: Iterable[Instruction]) -> Iterator[Instruction]:
    """Pass ``instructions`` on, one by one.

    Raises DockerfileSyntaxError at the first that BuildKit refuses, and at the end of a file without a stage.
    """
    in_stage = False
    line = 1
    for instruction in instructions:
        line = instruction.end_line
        try:
            _check_instruction(instruction)
            if instruction.keyword == "FROM":
                in_stage = True
            elif not in_stage and instruction.keyword != "ARG":
                raise InvalidArgumentsError(f"{instruction.keyword} stands before the first FROM")
        except InvalidArgumentsError as error:
            raise DockerfileSyntaxError(instruction.start_line, str(error)) from None
        yield instruction
    if not in_stage:
        raise DockerfileSyntaxError(line, "the file has no FROM, so there is nothing to build")


def _check_instruction(instruction: Instruction) -> None:
    keyword = instruction.keyword
    if keyword not in KEYWORDS:
        raise InvalidArgumentsError(_unknown(instruction))
    if keyword in _SOME_ARGUMENT and not instruction.value:
        raise InvalidArgumentsError(f"{keyword} needs an argument")
    if keyword in _ONE_ARGUMENT and not instruction.value:
        raise InvalidArgumentsError(f"{keyword} needs exactly one argument")
    if instruction.flags and keyword not in _FLAGS_UNCHECKED:
        _check_flags(instruction)
    check_arguments = _ARGUMENT_CHECKS.get(keyword)
    if check_arguments is not None:
        check_arguments(instruction)


def _unknown(instruction: Instruction) -> str:
    written = instruction.text[: len(instruction.keyword)]
    letters = _LETTERS.match(instruction.keyword)
    if letters is not None and letters[0] in KEYWORDS:
        return f"{shown(written)} is no instruction; a space is missing behind {letters[0]}"
    return f"unknown instruction {shown(written)}{nearest(instruction.keyword, KEYWORDS)}"


def _check_flags(instruction: Instruction) -> None:
    known = _FLAGS.get(instruction.keyword, {})
    seen: set[str] = set()
    for name, value, _, _ in instruction.flags:
        kind = known.get(name)
        if kind is None:
            raise InvalidArgumentsError(
                f"{instruction.keyword} has no flag {shown('--' + name)}{nearest(name, known)}"
            )
        if name in seen and kind != "texts":
            raise InvalidArgumentsError(f"--{name} may be given only once")
        seen.add(name)
        if value is None and kind != "bool":
            raise InvalidArgumentsError(f"--{name} needs a value, as in --{name}=…")
        if kind == "bool" and value is not None and value.lower() not in ("true", "false"):
            raise InvalidArgumentsError(f"--{name} is true or false, not {shown(value)}")


def _check_from(instruction: Instruction) -> None:
    words = [argument.text for argument in instruction.arguments]
    if len(words) == 3 and words[1].casefold() == "as":
        if not _STAGE_NAME.match(words[2].lower()):
            raise InvalidArgumentsError(
                f"{shown(words[2])} cannot name a stage: letters, digits, - _ . after a first letter"
            )
    elif len(words) != 1:
        raise InvalidArgumentsError("FROM wants an image, or an image AS a stage name")


def _check_paths(instruction: Instruction) -> None:
    if len(instruction.arguments) < 2:
        raise InvalidArgumentsError(f"{instruction.keyword} needs a source and a destination")
    if opener(instruction.arguments[-1].text) is not None:
        raise InvalidArgumentsError(
            f"{instruction.keyword} cannot write to a heredoc: the last path is the destination"
        )


def _check_pairs(instruction: Instruction) -> None:
    if any(not key.text for key in instruction.arguments[::2]):
        raise InvalidArgumentsError(f"{instruction.keyword} has a value without a name before its =")


def _check_arg(instruction: Instruction) -> None:
    if any(argument.text.startswith("=") for argument in instruction.arguments):
        raise InvalidArgumentsError("ARG has a value without a name before its =")
    if not instruction.arguments:
        raise InvalidArgumentsError("ARG needs an argument")


def _check_volume(instruction: Instruction) -> None:
    if not instruction.arguments:
        raise InvalidArgumentsError("VOLUME needs an argument")
    if any(not argument.text.strip(SPACE) for argument in instruction.arguments):
        raise InvalidArgumentsError("VOLUME has an empty path")


def _check_shell(instruction: Instruction) -> None:
    if not instruction.exec_form:
        raise InvalidArgumentsError('SHELL wants a JSON array of strings, as in SHELL ["/bin/bash", "-c"]')


def _check_onbuild(instruction: Instruction) -> None:
    trigger = instruction.onbuild
    if trigger is not None and trigger.keyword in ("FROM", "MAINTAINER", "ONBUILD"):
        raise InvalidArgumentsError(f"ONBUILD cannot defer {trigger.keyword}")


def _check_healthcheck(instruction: Instruction) -> None:
    if not instruction.arguments:
        raise InvalidArgumentsError("HEALTHCHECK needs CMD and a command, or NONE")
    kind, *command = instruction.arguments
    if kind.text.upper() == "NONE":
        if command:
            raise InvalidArgumentsError("HEALTHCHECK NONE takes no arguments")
        return
    _check_flags(instruction)
    if kind.text.upper() != "CMD":
        raise InvalidArgumentsError(f"HEALTHCHECK knows CMD and NONE, not {shown(kind.text)}")
    if not command:
        raise InvalidArgumentsError("HEALTHCHECK CMD needs a command")
    for flag in instruction.flags:
        if not flag.value:
            continue
        if flag.name == "retries":
            if not _RETRIES.match(flag.value) or not 0 <= int(flag.value) < 2**31:
                raise InvalidArgumentsError(f"--retries is a number from 0 on, not {shown(flag.value)}")
        elif not _is_interval(flag.value):
            raise InvalidArgumentsError(
                f"--{flag.name} is a time of at least 1ms such as 30s, not {shown(flag.value)}"
            )


def _is_interval(text: str) -> bool:
    """Whether ``text`` is a Go duration that BuildKit takes: 0, or from 1 ms to what 64 bits of nanoseconds hold."""
    if not _DURATION.match(text):
        return False
    nanoseconds = sum(
        int(whole or 0) * _NANOSECONDS[unit]
        + int(int(fraction or 0) * _NANOSECONDS[unit] / 10 ** len(fraction))
        for whole, fraction, unit in _DURATION_PART.findall(text)
    )
    return nanoseconds == 0 or (not text.startswith("-") and 10**6 <= nanoseconds < 2**63)


def _check_run(instruction: Instruction) -> None:
    for name, value, _, _ in instruction.flags:
        if name == "network" and value not in ("default", "none", "host"):
            raise InvalidArgumentsError(f"--network is default, none or host, not {shown(value or '')}")
        if name == "security" and value not in ("sandbox", "insecure"):
            raise InvalidArgumentsError(f"--security is sandbox or insecure, not {shown(value or '')}")
        if name in ("mount", "device") and value is not None:
            _check_options(name, value)


def _check_options(name: str, value: str) -> None:
    """``value`` is one line of comma-separated values, which may be quoted."""
    if not value or not _CSV.match(value):
        raise InvalidArgumentsError(
            f"--{name}={shown(value)} is no list of key=value pairs with commas between them"
        )
    if name == "device":
        return
    for field in _CSV_FIELD.findall(value):
        key, _, target = field.removeprefix('"').removesuffix('"').partition("=")
        if key.lower() == "from" and "$" in target[:-1]:
            raise InvalidArgumentsError(
                "--mount=from=… takes no variables; give the image a stage name instead"
            )


_ARGUMENT_CHECKS: Final[dict[str, Callable[[Instruction], None]]] = {
    "ADD": _check_paths,
    "ARG": _check_arg,
    "COPY": _check_paths,
    "ENV": _check_pairs,
    "FROM": _check_from,
    "HEALTHCHECK": _check_healthcheck,
    "LABEL": _check_pairs,
    "ONBUILD": _check_onbuild,
    "RUN": _check_run,
    "SHELL": _check_shell,
    "VOLUME": _check_volume,
}
