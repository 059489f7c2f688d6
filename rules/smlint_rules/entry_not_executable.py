"""SM110."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from smlint.container import Absent, Container, FileEntry, Known, Witness
from smlint.diagnostics import Location, Related, Severity
from smlint.launch import Kind, Launch, Origin
from smlint.launch.executables import Trouble, can_start
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules import words
from smlint_rules.launches import launches

_RETURNS: Final = "run `sed -i 's/\\r$//' {source}` and write `*.sh text eol=lf` into .gitattributes"
#: A first word from there is no entry file: SM108 and SM605 speak about it.
_NOT_THE_ENTRY: Final = frozenset({Origin.PLATFORM, Origin.CONTAINER_ARGUMENTS})
#: Message and help.
_WORDS: Final = {
    Trouble.MISSING: (
        "there is no `{name}` in the image, so the container ends before it begins",
        "copy the program to the path that {entry} names: COPY --chmod=755 {base} {name}",
    ),
    Trouble.DIRECTORY: (
        "`{name}` is a directory, so the container ends before it begins",
        "name the program inside it",
    ),
    Trouble.NOT_EXECUTABLE: (
        "`{name}` has no execute bit, so the container ends with `permission denied`",
        "write COPY --chmod=755 for it, or run `chmod +x {source}` before the build",
    ),
    Trouble.CARRIAGE_RETURN: (
        "the `#!` line of `{name}` ends in a carriage return, so the container ends with `no such file or directory`",
        _RETURNS,
    ),
    Trouble.NO_INTERPRETER: (
        "`{name}` is to be run by `{interpreter}`, which the image does not have, so the container ends at once",
        "install {package}, or change the `#!` line",
    ),
    Trouble.NO_SHEBANG: (
        "`{name}` is text without a `#!` line, so the container ends with `exec format error`",
        "begin the file with `#!/bin/sh`, or name its interpreter in {entry}",
    ),
    Trouble.EMPTY: (
        "`{name}` is empty, so the container ends with `exec format error`",
        "write the program into it, or name another one in {entry}",
    ),
    Trouble.BYTE_ORDER_MARK: (
        "a byte order mark hides the `#!` line of `{name}`, so the container ends with `exec format error`",
        "run `sed -i '1s/^\\xef\\xbb\\xbf//' {source}`, and let the editor save it as UTF-8 without a byte order mark",
    ),
    Trouble.OTHER_ARCHITECTURE: (
        "`{name}` is built for {architecture} and the image is not, so the container ends with `exec format error`",
        "copy the build of `{base}` for the image's own architecture; a RUN line finds its name in $TARGETARCH",
    ),
}


class EntryNotExecutable(ContainerRule):
    """The file that SageMaker is to start is missing or cannot be executed.

    What it checks
    --------------
    The first word of the started argument vector: that the file exists, has an execute bit, is not empty, begins with
    a `#!` line without a carriage return or byte order mark when it is text, that the interpreter named there exists,
    and that a compiled program is built for the image's architecture. Of a script given to a shell or to Python: that
    it exists, and that its lines do not end in carriage returns. Paths under `/opt/ml` are left alone, since
    SageMaker mounts there. What an external base image may hold is not judged.

    Why it matters on SageMaker
    ---------------------------
    The container ends before the first line of the program: `exec: "./entrypoint.sh": permission denied`, or
    `no such file or directory` for a file that is there but whose interpreter is called `/bin/bash` and a carriage
    return. It takes an image push and a job start to see it.

    Example
    -------
    ```dockerfile
    FROM scratch
    COPY --chmod=644 train /usr/bin/train
    ENTRYPOINT ["/usr/bin/train"]
    ```
    ```text train
    a program
    ```

    Use instead
    -----------
    ```dockerfile
    FROM scratch
    COPY --chmod=755 train /usr/bin/train
    ENTRYPOINT ["/usr/bin/train"]
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [COPY --chmod](https://docs.docker.com/reference/dockerfile/#copy---chmod)
    - [A job that ended with "Permission denied"](https://github.com/aws/sagemaker-python-sdk/issues/4678)
    - [Carriage returns in a script](https://github.com/aws/sagemaker-python-sdk/issues/4090)
    """

    code = "SM110"
    name = "entry-not-executable"
    level = Severity.ERROR
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report what stops the engine, the shell or Python from reading the entry file."""
        for launch in launches(container, context):
            yield from _first_word(container, launch)
            yield from _operand(launch)


def _first_word(container: Container, launch: Launch) -> Iterator[Finding]:
    argv = launch.argv
    if not isinstance(argv, Known) or argv.value.origins[0] in _NOT_THE_ENTRY:
        return
    name, location = argv.value.words[0].text, argv.value.words[0].location
    start = can_start(container, name)
    if start.trouble is None or name.startswith("/opt/ml/"):
        return
    level = None
    if start.trouble in (Trouble.NO_SHEBANG, Trouble.EMPTY, Trouble.BYTE_ORDER_MARK):
        # tini and `docker run --init` hand such a file to /bin/sh; the engine alone does not.
        level = dict.fromkeys(Workload, Severity.WARNING)
    entry = start.entry
    known = {
        "name": name,
        "entry": words.entry_name(location),
        "base": name.rpartition("/")[2],
        "source": entry.context_path if entry is not None and entry.context_path else name,
        "interpreter": start.interpreter,
        "architecture": start.architecture,
        "package": start.interpreter.rpartition("/")[2],
    }
    message, advice = _WORDS[start.trouble]
    yield Finding(
        location, message.format(**known), advice.format(**known), _where(entry, location), level=level
    )


def _where(entry: FileEntry | None, primary: Location) -> tuple[Related, ...]:
    if entry is None or entry.location == primary:
        return ()
    return (Related("the file comes from here", entry.location),)


def _operand(launch: Launch) -> Iterator[Finding]:
    """The script that the first shell or Python of the chain is given, when ENTRYPOINT or the request names it."""
    assert isinstance(launch.argv, Known), "launches() gives chains that have a first hop"
    argv = launch.argv.value
    written = {
        word.text: word.location
        for word, origin in zip(argv.words[1:], argv.origins[1:], strict=True)
        if origin is not Origin.PLATFORM
    }
    hop = next((hop for hop in launch.hops if hop.operand), None)
    if hop is None or hop.argv[hop.operand] not in written or hop.argv[hop.operand].startswith("/opt/ml/"):
        return
    name = hop.argv[hop.operand]
    if isinstance(hop.file, Absent):
        yield Finding(
            written[name],
            f"there is no `{name}` in the image, so `{hop.argv[0]}` has nothing to run and the job fails at once",
            f"copy it to where {words.entry_name(written[name])} looks for it: COPY {name.rpartition('/')[2]} {name}",
        )
    elif hop.kind is Kind.SHELL_SCRIPT and hop.source is not None and _has_returns(hop.source):
        yield Finding(
            written[name],
            f"the lines of `{name}` end in carriage returns, which the shell takes for part of every command",
            _RETURNS.format(source=hop.source.context_path or name),
            _where(hop.source, written[name]),
        )


def _has_returns(entry: FileEntry) -> bool:
    first = (entry.content or b"").split(b"\n", 1)[0]
    return first.endswith(b"\r")
