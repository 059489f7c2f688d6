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
    #: Whether the stop changes the exit code, so that it is to be seen in a run without one.
    ends_twice: bool = False


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
    "trap": f'trap \'kill -TERM "$child"\' TERM\n{P} $1 &\nchild=$!\nwait "$child"\nwait "$child"\n',
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
    "taskset": ("taskset", "-c", "0", P),
    "chrt": ("chrt", "-b", "0", P),
    "ionice": ("ionice", "-c", "3", P),
    "prlimit": ("prlimit", "--nofile=1024", P),
    "chroot": ("chroot", "--userspec=root", "/", P),
    "timeout-foreground": ("timeout", "--foreground", "-k", "60", "600", P),
    "timeout-other-signal": ("timeout", "-s", "KILL", "600", P),
    "flock": ("flock", "-w", "5", "/tmp/lock", P),
    "dumb-init-single-child": ("dumb-init", "--single-child", "--", P),
    "dumb-init-rewrite": ("dumb-init", "--rewrite", "15:10", "--", P),
    "tini-options": ("tini", "-s", "-w", "-e", "143", "-p", "SIGTERM", "--", P),
}
_CHILD: Final = f'{P} "$0"; true'
#: Of Debian packages that only launchers come in.
_LAUNCHERS: Final = {
    "catatonit": ("catatonit", "--", P),
    "catatonit-group": ("catatonit", "-g", "--", "sh", "-c", _CHILD),
    "catatonit-child": ("catatonit", "--", "sh", "-c", _CHILD),
    "sudo": ("sudo", "-E", P),
    "sudo-user": ("sudo", "-u", "nobody", P),
    "sudo-child": ("sudo", "sh", "-c", _CHILD),
    "sudo-shell": ("sudo", "-s", P),
    "gosu": ("gosu", "nobody", P),
    "gosu-child": ("gosu", "root", "sh", "-c", _CHILD),
    "su": ("su", "root", "-c", f'exec {P} "$0"'),
    "su-child": ("su", "root", "-c", _CHILD),
    "su-last": ("su", "root", "-c", f'{P} "$0"'),
    "su-bash": ("su", "-s", "/bin/bash", "root", "-c", f'{P} "$0"'),
    "su-nobody": ("su", "nobody", "-s", "/bin/sh", "-c", f'exec {P} "$0"'),
    "runuser": ("runuser", "-u", "www-data", "--", P),
    "runuser-string": ("runuser", "root", "-c", f'{P} "$0"'),
    "time": ("time", "-p", P),
    "numactl": ("numactl", "--physcpubind", "0", P),
    "unbuffer": ("unbuffer", P),
    "eatmydata": ("eatmydata", P),
    "chpst": ("chpst", "-u", "nobody", "-P", P),
    "setuidgid": ("setuidgid", "nobody", P),
    "softlimit": ("softlimit", "-o", "100", P),
    "envdir": ("envdir", "/tmp", P),
    "start-stop-daemon": ("start-stop-daemon", "--start", "--exec", P, "--"),
    "time-setsid": ("time", "setsid", P),
    "gosu-nice-env": ("gosu", "root", "nice", "env", "A=1", P),
}
_TRAP: Final = f"trap 'kill -TERM $child' TERM\n{P} $1 &\nchild=$!\n"
#: What a script may do around a program in the background that its trap for SIGTERM tells.
_TRAPS: Final = {
    "wait": f"{_TRAP}wait $child\n",
    "wait-all": f"{_TRAP}wait\n",
    "wait-twice": f"{_TRAP}wait $child\nwait $child\n",
    "wait-and-exit": f"{_TRAP}wait $child\nexit $?\n",
    "loop": f"{_TRAP}while kill -0 $child 2>/dev/null; do wait $child; done\n",
    "handler-waits": f"trap 'kill -TERM $child; wait $child' TERM\n{P} $1 &\nchild=$!\nwait $child\n",
    "handler-waits-and-exits": f"trap 'kill -TERM $child; wait $child; exit 3' TERM\n{P} $1 &\nchild=$!\nwait $child\n",
    "handler-exits": f"trap 'kill -TERM $child; exit 0' TERM\n{P} $1 &\nchild=$!\nwait $child\n",
    "taken-away": f"{_TRAP}wait $child\ntrap - TERM\nwait $child\n",
    "group": f"trap 'kill 0' TERM\n{P} $1 &\nwait\n",
    "setsid": f"trap 'kill -TERM $child; wait $child' TERM\nsetsid {P} $1 &\nchild=$!\nwait $child\n",
}
_SUPERVISED: Final = """[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
[program:training]
command={command}
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
autorestart=false
"""


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
    for name, argv in _LAUNCHERS.items():
        yield Case(f"launcher-{name}", "launchers", argv, ends_twice=True)
    for shell in ("dash", "bash", "busybox"):
        for name, text in _TRAPS.items():
            path = f"/opt/program/{shell}-trap-{name}.sh"
            yield Case(
                f"{shell}-trap-{name}", shell, (path,), ((path, f"#!/bin/sh\n{text}"),), ends_twice=True
            )
    yield from _supervised()
    yield from _mixed()


def _supervised() -> Iterator[Case]:
    for name, command in {"program": f"{P} --fit", "child": f"sh -c '{P} --fit; true'"}.items():
        script, settings = f"/opt/program/supervise-{name}.sh", f"/opt/program/{name}.conf"
        files = (
            (script, f"#!/bin/sh\nexec supervisord -c {settings}\n"),
            (settings, _SUPERVISED.format(command=command)),
        )
        yield Case(f"supervisord-{name}", "launchers", (script,), files)


def _mixed() -> Iterator[Case]:
    path = "/opt/program/mixed.sh"
    child = ((path, f'#!/bin/sh\n{P} "$@"\n'),)
    yield Case("tini-before-script", "dash", ("tini", "--", path), child)
    yield Case("tini-before-string", "dash", ("tini", "--", "sh", "-c", f"true; {P}; true"))
    yield Case("dumb-init-before-script", "dash", ("dumb-init", "--", path), child)
    yield Case("platform-init", "dash", (P,), init=True)
    yield Case("platform-init-before-script", "dash", (path,), child, init=True)
    yield Case("timeout-before-string", "dash", ("timeout", "600", "sh", "-c", _CHILD), ends_twice=True)
    yield Case(
        "timeout-foreground-before-string",
        "dash",
        ("timeout", "--foreground", "600", "sh", "-c", _CHILD),
        ends_twice=True,
    )
    yield Case("nice-before-string", "dash", ("nice", "sh", "-c", _CHILD))
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
