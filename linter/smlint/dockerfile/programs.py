"""Programs of RUN commands by what they do to files; what each does to one path is :mod:`.effects`'s question."""

from __future__ import annotations

from typing import Final

# fmt: off
#: Programs that read the files they are given and leave them alone.
READERS: Final = frozenset((
    "cat", "ls", "test", "[", "[[", "grep", "egrep", "fgrep", "head", "tail", "stat", "file", "wc",
    "md5sum", "sha1sum", "sha256sum", "sha512sum", "cut", "diff", "cmp", "readlink", "realpath",
    "basename", "dirname", "which", "type", "echo", "printf", "cd", "pushd", "export", "set", "less",
    "more", "du", "df", "pip", "pip3", "conda", "mamba", "micromamba", "apt", "apt-get", "yum", "dnf",
    "apk", "dpkg", "rpm", "gem", "npm", "yarn", "uv", "poetry", "pipenv", "useradd", "adduser",
    "groupadd", "usermod", "chown", "chgrp", "setcap", "getcap", "ldconfig", "true", "false", "exit",
    "pytest", "shellcheck",
))
#: Programs that xargs may feed this file to, and that would change it.
CHANGERS: Final = frozenset((
    "bash", "chmod", "cp", "dos2unix", "ln", "mv", "patch", "perl", "python", "python3", "rename", "rm",
    "sed", "sh", "strip", "tee", "truncate", "unix2dos", "unlink",
))
#: Programs that change the mode or content of files that are there, or may make files of names that they do not say.
CHANGES_ONLY: Final = frozenset((
    "aws", "chmod", "dos2unix", "git", "gsutil", "rsync", "scp", "sed", "svn", "tar", "unix2dos", "unzip",
))
# fmt: on
