"""Ways to start a program: every shell, form and wrapper, with and without exec, arguments, init, trap and pipe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

P: Final = "/opt/program/prog"


class Case(NamedTuple):
    """One way: the base whose ``/bin/sh`` it uses, the argument vector without ``train``, and its scripts."""

    name: str
    base: str
    argv: tuple[str, ...]
    scripts: tuple[tuple[str, str], ...] = ()
    init: bool = False


_STRINGS: Final = {
    "plain": P,
    "words": f'exec {P} "$0" "$@"',
    "sequence": f"true; {P}",
    "and": f"true && {P}",
    "pipe": f"{P} | cat",
    "or-true": f"{P} || true",
    "trailing": f"{P}; echo done",
    "cd-exec": f"cd /tmp && exec {P}",
    "if": f"if true; then {P}; fi",
    "background": f"{P} & wait",
    "assignment": f"A=1 {P}",
    "errexit": f"set -e; {P}",
}

_SCRIPTS: Final = {
    "child": f'{P} "$@"\n',
    "exec": f'exec {P} "$@"\n',
    "exec-alone": f"exec {P}\n",
    "pipe": f'{P} "$@" | cat\n',
    "errexit-trailing": f'set -e\n{P} "$@"\necho done\n',
    "trailing": f'{P} "$@"\necho done\n',
    "exit-status": f'{P} "$@"\nstatus=$?\necho done\nexit $status\n',
    "trap": f'trap \'kill -TERM "$child"\' TERM\n{P} "$@" &\nchild=$!\nwait "$child"\nwait "$child"\n',
    "function": f'main() {{\n  exec {P} "$@"\n}}\nmain "$@"\n',
    "case": f'case "$1" in\n  train) shift; exec {P} --fit;;\n  *) exec "$@";;\nesac\n',
    "first": f'if [ "$1" = train ]; then\n  {P} "$1"\nelse\n  exec "$@"\nfi\n',
    "star": f"exec {P} $*\n",
    "eval": f'set -- {P} "$@"\neval "$@"\n',
    "or-true": f'{P} "$@" || true\n',
}

_BASH: Final = {
    "pipefail": f'set -o pipefail\n{P} "$@" | cat\n',
    "test": f'if [[ "$1" == train ]]; then\n  exec {P} "$@"\nfi\nexec "$@"\n',
    "process-substitution": f'exec {P} "$@" > >(cat)\n',
    "source": 'source /opt/program/lib.sh\nstart "$@"\n',
    "array": f'arguments=("$@")\nexec {P} "${{arguments[@]}}"\n',
    "and-exec": f'echo hello && exec {P} "$@"\n',
}
_LIBRARY: Final = f'start() {{\n  exec {P} "$@"\n}}\n'

_WRAPPERS: Final = {
    "direct": (P,),
    "tini": ("tini", "--", P),
    "tini-group": ("tini", "-g", "--", P),
    "dumb-init": ("dumb-init", "--", P),
    "env": ("env", "A=1", P),
    "env-split": ("env", "-S", f"A=1 {P} -x"),
    "nohup": ("nohup", P),
    "nice": ("nice", "-n", "1", P),
    "setpriv": ("setpriv", "--reuid=0", P),
    "timeout": ("timeout", "600", P),
    "setsid": ("setsid", "--wait", P),
    "stdbuf": ("stdbuf", "-oL", P),
}


def cases() -> Iterator[Case]:
    """All of them."""
    for shell in ("dash", "bash", "busybox"):
        for name, text in _STRINGS.items():
            yield Case(f"{shell}-string-{name}", shell, ("/bin/sh", "-c", text))
        for name, text in _SCRIPTS.items():
            path = f"/opt/program/{shell}-{name}.sh"
            yield Case(f"{shell}-script-{name}", shell, (path,), ((path, f"#!/bin/sh\n{text}"),))
    for name, text in _BASH.items():
        path = f"/opt/program/{name}.sh"
        scripts = ((path, f"#!/bin/bash\n{text}"), ("/opt/program/lib.sh", _LIBRARY))
        yield Case(f"bash-only-{name}", "dash", ("bash", path), scripts)
    for name, argv in _WRAPPERS.items():
        yield Case(f"wrapper-{name}", "dash", argv)
    yield from _mixed()


def _mixed() -> Iterator[Case]:
    path = "/opt/program/mixed.sh"
    child = ((path, f'#!/bin/sh\n{P} "$@"\n'),)
    yield Case("tini-before-script", "dash", ("tini", "--", path), child)
    yield Case("tini-before-string", "dash", ("tini", "--", "sh", "-c", f"true; {P}; true"))
    yield Case("dumb-init-before-script", "dash", ("dumb-init", "--", path), child)
    yield Case("platform-init", "dash", (P,), init=True)
    yield Case("platform-init-before-script", "dash", (path,), child, init=True)
    yield Case("bash-dummy-word", "dash", ("bash", "-c", f'exec {P} "$@"', "bash"))
    yield Case("bash-no-dummy-word", "dash", ("bash", "-c", f'exec {P} "$@"'))
    yield Case("bash-options", "dash", ("bash", "-e", "-o", "pipefail", "-c", f"{P} | cat"))
    yield Case("bash-login", "dash", ("bash", "-lc", P))
    yield Case(
        "script-starts-script",
        "dash",
        ("/opt/program/outer.sh",),
        (("/opt/program/outer.sh", f'#!/bin/sh\nexec {path} "$@"\n'), *child),
    )
