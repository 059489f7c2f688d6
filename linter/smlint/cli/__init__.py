"""The command line: wiring only, one module per command, no logic and no printing of findings.

``smlint PATH…`` is ``smlint lint PATH…``. Only the module of the command at hand is imported, since a hook pays for
every import on every commit.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn, TextIO

from smlint.cli.messages import UsageError, complain
from smlint.exit_code import ExitCode

if TYPE_CHECKING:
    import typer

#: Command to the module that holds a function of the same name.
COMMANDS: Final = {
    "image": "smlint.cli.image",
    "lint": "smlint.cli.lint",
    "rule": "smlint.cli.rule",
    "config": "smlint.cli.config",
    "job": "smlint.cli.job",
    "launch": "smlint.cli.launch",
    "lsp": "smlint.cli.lsp",
}
_DEFAULT: Final = "lint"
_FORCE_EXCLUDE: Final = "--force-exclude"
#: The commands that may make a container on an engine.
_ASK_ENGINES: Final = frozenset({"image", "job", "launch"})
#: What asks for the whole command tree. A path that is called like a command is written ``./image``.
_GROUP_OPTIONS: Final = frozenset({"--help", "-h", "--install-completion", "--show-completion"})
#: What writing to a full disk, beyond a quota or to a broken device ends in.
_UNWRITABLE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_ISSUES: Final = "https://github.com/smlint/smlint/issues"


def run() -> NoReturn:
    """Entry point of the ``smlint`` command."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in _ASK_ENGINES:
        _end_in_order()
    raise SystemExit(main(arguments))


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; everything a user can cause ends in one line, never a traceback."""
    try:
        if sys.stdout is None:
            raise UsageError("standard output is closed")
        _write_utf_8(sys.stdout)
        code = _dispatch(list(arguments))
        sys.stdout.flush()
    except UsageError as error:
        complain(str(error))
        return int(ExitCode.USAGE)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has gone (`smlint | head`).
        _forget_output()
        return int(ExitCode.CLEAN)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and error.filename is None:
            complain("the current folder has been removed")
            return int(ExitCode.USAGE)
        if error.filename is not None or error.errno not in _UNWRITABLE:
            return _bug(error, verbose="--verbose" in arguments or "-v" in arguments)
        _forget_output()
        complain(f"standard output cannot be written: {error.strerror}")
        return int(ExitCode.USAGE)
    except Exception as error:
        return _bug(error, verbose="--verbose" in arguments or "-v" in arguments)
    return code


def _end_in_order() -> None:
    """Let SIGTERM and SIGHUP unwind the call as Ctrl-C does, so that what it made on an engine is removed."""
    import signal

    def end(number: int, frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # An ignored SIGHUP (nohup) stays ignored.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


def _write_utf_8(output: TextIO) -> None:
    """Documents say that they are UTF-8, and a patch names files by their bytes: the locale has no say."""
    if isinstance(output, io.TextIOWrapper):
        output.reconfigure(encoding="utf-8", errors="surrogateescape")


def _forget_output() -> None:
    """Python would complain once more when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first == "--version":
        from smlint import __version__

        sys.stdout.write(f"smlint {__version__}\n")
        return int(ExitCode.CLEAN)
    if "_SMLINT_COMPLETE" in os.environ:
        from smlint.cli.bash_words import complete

        return complete(lambda: _call(_completed(), arguments, "smlint"))
    if first in _GROUP_OPTIONS:
        return _help_or_completion(arguments)
    name = first if first in COMMANDS else _DEFAULT
    words = arguments[1:] if first in COMMANDS else arguments
    if first.isalpha() and first not in COMMANDS and not os.path.exists(first):
        _suggest(first)
    if name == _DEFAULT and all(_is_plain(word) for word in words):
        return _lint(words)
    return _call(_single(name), words, f"smlint {first}" if first in COMMANDS else "smlint")


def _help_or_completion(arguments: list[str]) -> int:
    if arguments[0].endswith("-completion") and len(arguments) > 1:
        # Else typer asks the process tree for the shell, and leaves the one that is named here unheard.
        os.environ["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    try:
        return _call(whole(), arguments, "smlint")
    except OSError as error:
        if error.filename is None:
            raise
        raise UsageError(f"{error.filename}: cannot be written: {error.strerror}") from None


def _suggest(word: str) -> None:
    """Name the command that ``word``, which is no file, may have been meant for; it is judged as a file all the same."""
    from difflib import get_close_matches

    for command in get_close_matches(word, COMMANDS, 1):
        complain(f"there is no command {word}; did you mean smlint {command}?")


def _is_plain(word: str) -> bool:
    return not word.startswith("-") or word in ("-", _FORCE_EXCLUDE)


def _lint(words: Sequence[str]) -> int:
    """``smlint lint`` with paths alone, as hooks call it: there is nothing to parse, and the parser costs more than this."""
    from smlint.check import Arguments
    from smlint.cli.linting import Wishes, perform, read_stdin

    arguments = Arguments(
        paths=tuple(word for word in words if word != _FORCE_EXCLUDE),
        stdin=read_stdin,
        force_exclude=_FORCE_EXCLUDE in words,
        environ=os.environ,
    )
    return int(perform(arguments, Wishes()))


def _call(app: typer.Typer, arguments: list[str], name: str) -> int:
    try:
        result = app(args=arguments, prog_name=name)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(ExitCode.CLEAN)
    return result if isinstance(result, int) else int(ExitCode.CLEAN)


def _single(name: str) -> typer.Typer:
    import typer

    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    _add(app, name)
    return app


def _completed() -> typer.Typer:
    """The tree whose words a shell asks for: all commands, or the default one once its own words have begun."""
    import typer

    words = (os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")).split()
    first = words[1] if len(words) > 1 else ""
    own_option = first.startswith("-") and first not in _GROUP_OPTIONS
    if own_option or (len(words) > 2 and first not in COMMANDS):
        app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
        _add(app, _DEFAULT)
        return app
    return whole()


def whole() -> typer.Typer:
    """The tree of all commands, for help, completion and the documentation."""
    import typer

    app = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="The linter for containers that must run on Amazon SageMaker.\n\n"
        "`smlint PATH…` is `smlint lint PATH…`; without a path it lints the current folder.",
    )

    @app.callback()
    def _(version: bool = typer.Option(False, "--version", help="Show the version and exit.")) -> None:
        """Here for the help: :func:`_dispatch` has answered before anybody asks typer."""

    for name in COMMANDS:
        _add(app, name)
    return app


def _add(app: typer.Typer, name: str) -> None:
    module = import_module(COMMANDS[name])
    settings = {"help_option_names": ["-h", "--help"]}
    app.command(name, context_settings=settings)(getattr(module, name))


def _bug(error: Exception, *, verbose: bool) -> int:
    if verbose:
        import traceback

        traceback.print_exc()
    what = f"{type(error).__name__}: {str(error)[:200]}"
    rule, _, pack = next(iter(getattr(error, "__notes__", ())), "").partition(" of ")
    ours = pack in ("", "smlint_rules")
    sys.stderr.write(
        f"smlint: a bug in {'smlint' if ours else f'the rule pack {pack}'} ({f'{rule}: ' if rule else ''}{what}); "
        f"please report it {f'at {_ISSUES}' if ours else 'to its authors'}"
        f"{'' if verbose else ' with the output of --verbose'}\n"
    )
    return int(ExitCode.BUG)
