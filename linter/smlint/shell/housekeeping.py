"""Names of commands: what a shell does itself, what only tidies up around a program, what waits for nothing.

Only commands that do their work and end are housekeeping; a script is never *for* them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_TRIVIAL: Final = frozenset(
    (
        "apk", "apt", "apt-get", "aria2c", "awk", "basename", "base64", "bunzip2", "bzip2", "cat", "chgrp", "chmod",
        "chown", "clear", "cmp", "cp", "crudini", "curl", "cut", "date", "dd", "df", "diff", "dirname", "dnf", "dpkg",
        "du", "echo", "egrep", "envsubst", "expr", "false", "fgrep", "file", "find", "free", "getent", "getopt", "git",
        "grep", "gsutil", "gunzip", "gzip", "head", "hostname", "hostname-i", "id", "ifconfig", "install", "ip", "jq",
        "kill", "killall", "ldconfig", "ln", "locale", "logger", "ls", "lscpu", "lspci", "md5sum", "mkdir", "mkfifo",
        "mktemp", "mount", "mv", "nc", "nproc", "nslookup", "numfmt", "nvidia-smi", "patch", "pgrep", "ping", "pkill",
        "printenv", "ps", "pwd", "readlink", "realpath", "rev", "rm", "rmdir", "rsync", "sed", "seq", "sha256sum", "sleep",
        "sort", "split", "ssh-keygen", "stat", "stty", "sync", "sysctl", "tac", "tail", "tar", "tee", "timedatectl", "touch",
        "tput", "tr", "true", "ts", "tty", "umount", "uname", "uniq", "unlink", "unzip", "update-alternatives",
        "useradd", "usermod", "groupadd", "groupmod", "wc", "wget", "which", "who", "whoami", "xz", "yes", "yq", "yum",
        "zip", "zstd", "aws", "az", "gcloud", "openssl", "ssh-keyscan", "ntpdate", "lsof", "netstat", "ss", "dos2unix",
        "install_packages", "mc", "s3cmd", "s5cmd", "xargs", "fuser", "ulimit", "column", "fold", "nl", "paste",
        "adduser", "addgroup", "ar", "arch", "b2sum", "bc", "chpasswd", "cksum", "comm", "cpio", "csplit", "dig", "expand",
        "fmt", "gpasswd", "gpg", "groups", "hexdump", "host", "join", "lz4", "mknod", "od", "passwd", "pigz", "rclone",
        "sha1sum", "sha384sum", "sha512sum", "shred", "shuf", "tree", "truncate", "unexpand", "userdel", "xxd", "zcat",
    )
)  # fmt: skip
_TRIVIAL_PAIRS: Final = frozenset(
    (
        "pip install", "pip3 install", "pip list", "pip freeze", "pip uninstall", "conda install", "conda activate",
        "conda create", "conda env", "conda info", "conda list", "mamba install", "npm install", "npm ci",
        "yarn install", "uv sync", "poetry install", "python --version", "python -V", "python3 --version",
        "nginx -t", "ray stop", "docker login",
    )
)  # fmt: skip
_BUILTINS: Final = frozenset(
    (
        "alias", "bg", "bind", "builtin", "caller", "compgen", "complete", "compopt", "dirs", "disown", "echo", "enable",
        "false", "fc", "fg", "hash", "help", "history", "jobs", "kill", "let", "logout", "mapfile", "printf", "pwd",
        "readarray", "shopt", "suspend", "test", "times", "true", "type", "ulimit", "umask", "unalias", "[", "[[", ":",
    )
)  # fmt: skip
#: Programs that only set how the one behind them buffers its output, for filters in pipes.
_BUFFERING: Final = frozenset(("stdbuf", "unbuffer"))
_SHELLS: Final = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh"))
_FOREVER: Final = re.compile(r"infinity|inf|[0-9]{6,}[smhd]?|[0-9]{4,}[hd]|[0-9]{3,}d")


def base(name: str) -> str:
    """A program's name without its directory."""
    return name.rpartition("/")[2]


def is_builtin(name: str) -> bool:
    """Whether shells run ``name`` themselves, and nothing else is known to happen."""
    return name in _BUILTINS


def is_idle(words: Sequence[str]) -> bool:
    """Whether the command waits for nothing, for ever."""
    name, rest = base(words[0]), words[1:]
    if name == "sleep":
        return any(_FOREVER.fullmatch(word) for word in rest)
    if name == "tail":
        return any(re.fullmatch(r"-[a-zA-Z]*[fF]|-n?[0-9]+[fF]|--follow(?:=.*)?", word) for word in rest)
    if name == "cat":
        return not rest
    if name in _SHELLS:
        return all(re.fullmatch(r"-[il]+|--login", word) for word in rest)
    return name == "pause"


def is_trivial(words: Sequence[str]) -> bool:
    """Whether the command is housekeeping."""
    name = base(words[0])
    if is_idle(words):
        return name == "cat"
    if name in _TRIVIAL or is_builtin(name):
        return True
    if name in _BUFFERING:
        behind = next((at for at, word in enumerate(words) if at and not word.startswith("-")), None)
        return behind is not None and is_trivial(words[behind:])
    if f"{name} {words[1]}" in _TRIVIAL_PAIRS if len(words) > 1 else False:
        return True
    # python -m pip install
    return len(words) > 3 and list(words[1:4]) == ["-m", "pip", "install"]
