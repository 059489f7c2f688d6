"""What the launch rules share: walking the chains of the assumed workloads, and finding where something is lost."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from smlint.container import Container, Form, Known, Unknown, Witness
from smlint.diagnostics import Location, Related
from smlint.launch import Hop, Kind, Launch, resolve
from smlint.launch.executables import DEFAULT_PATH, find_program, search_path
from smlint.rule import Context
from smlint.workload import Workload

#: How a script asks for the platform's word: quoted, compared with it, or as a pattern of `case`.
_ASKED: Final = (
    r"""(["'])(?:{0})\1|==?\s*(?:{0})\b|(?m:(?:^|\bin\b|;;)\s*\(?(?:\w+\s*\|\s*)*(?:{0})\s*[|)])"""
)


class Step(NamedTuple):
    """A process and one that it starts."""

    parent: Hop
    child: Hop


def launches(container: Container, context: Context) -> tuple[Launch, ...]:
    """The chains of the assumed workloads that are known.

    A shell form has none here: that it loses the word and the signal is SM101's and SM102's finding, and reading its
    text would tell nobody more. An entry file called `serve` is not judged as training, nor one called `train` as
    hosting, where both are assumed.
    """
    key = (launches, context.workloads)
    found: tuple[Launch, ...] | None = container.memo.get(key)
    if found is None:
        found = container.memo[key] = tuple(_launches(container, context.workloads))
    return found


def _launches(container: Container, workloads: Iterable[Workload]) -> Iterator[Launch]:
    words = {workload.word for workload in workloads if workload.word}
    entry = container.entrypoint
    if isinstance(entry, Known) and entry.value.form in (Form.SHELL, Form.MALFORMED):
        return
    for workload in workloads:
        launch = resolve(container, workload)
        if launch.root is not None and _role(launch.root) not in words - {workload.word}:
            yield launch


def _role(hop: Hop) -> str:
    """What the file that the entry runs is called, without its ending."""
    if hop.kind is Kind.INIT and len(hop.then) == 1:
        return _role(hop.then[0])
    return _stem(hop)


def _stem(hop: Hop) -> str:
    return posixpath.basename(name(hop)).partition(".")[0]


def is_supplied(container: Container, word: str) -> bool:
    """Whether something in a Dockerfile speaks for an executable called ``word`` that cannot be seen."""
    from smlint.launch.toolkits import supplies

    return supplies(container, word) is not None or (
        is_labelled(container) and _has_unseen_folder_on_path(container)
    )


def steps(launch: Launch) -> Iterator[Step]:
    """Every start of a process by another one, on every way a script may take, each once."""
    seen: set[Step] = set()
    for path in launch.paths():
        for parent, child in pairwise(path):
            step = Step(parent, child)
            if step not in seen:
                seen.add(step)
                yield step


def knows_the_word(container: Container, context: Context) -> bool | None:
    """Whether the image is evidently made for `train` or `serve`: a file of that name is run, or a script asks for it.

    None where the files that would tell are not in view; of an image that carries SageMaker's labels, its author's word
    is taken for what they say.
    """
    hidden = False
    entry = container.entrypoint
    is_looked_up = not (isinstance(entry, Known) and entry.value.argv)
    for workload in context.workloads:
        word = workload.word
        if word is None:
            continue
        if is_looked_up:
            # Most images have an ENTRYPOINT, and need not ask who else answers.
            from smlint.launch.toolkits import supplies

            supplier = supplies(container, word)
            program = find_program(container, word)
            if isinstance(program, Known) or (supplier and supplier.is_toolkit):
                return True
            # A base image that nobody has looked into is no reason to doubt: a Dockerfile has one nearly always.
            unlisted = container.witness is Witness.IMAGE and isinstance(program, Unknown)
            hidden = hidden or supplier is not None or unlisted
        root = resolve(container, workload).root
        hops = [] if root is None or is_looked_up else list(_all(root))
        if any(_answers(hop, word) for hop in hops):
            return True
        hidden = hidden or any(_is_hidden(hop) and posixpath.basename(name(hop)) != word for hop in hops)
    if is_labelled(container) and (hidden or (is_looked_up and _has_unseen_folder_on_path(container))):
        return True
    return None if hidden else False


def is_labelled(container: Container) -> bool:
    """Whether the image says of itself, by a label, what SageMaker can do with it."""
    return any(label.startswith("com.amazonaws.sagemaker.") for label in container.labels)


def _is_hidden(hop: Hop) -> bool:
    """Whether what a process does with the word is not in view; a program called `train.py` has one role anyway."""
    return bool(hop.unseen) or (
        hop.operand > 0 and hop.source is None and _stem(hop) not in {"train", "serve"}
    )


def _has_unseen_folder_on_path(container: Container) -> bool:
    """Whether the image puts a folder of its own on PATH of which nothing is in view."""
    folders = set(search_path(container)[0]) - set(DEFAULT_PATH.split(":"))
    return any(isinstance(container.files.lookup(folder), Unknown) for folder in folders)


def _answers(hop: Hop, word: str) -> bool:
    if hop.source is None:
        return False
    asked = re.compile(_ASKED.format(word).encode())
    return posixpath.basename(name(hop)) == word or bool(asked.search(hop.source.content or b""))


def _all(hop: Hop) -> Iterator[Hop]:
    yield hop
    for after in hop.then:
        yield from _all(after)


def entry_word(launch: Launch, hop: Hop) -> Location:
    """Where the entry names the file of ``hop``, or else where its argument vector begins."""
    argv = launch.argv
    assert isinstance(argv, Known)
    begins: Location = argv.location
    named = hop.argv[hop.operand]
    return next((word.location for word in argv.value.words if word.text == named), begins)


def related(where: Location, message: str, primary: Location) -> tuple[Related, ...]:
    """A labelled span, unless it is the finding's own place."""
    return (Related(message, where),) if where != primary else ()


def short(launch: Launch, hop: Hop, limit: int = 60) -> str:
    """What runs, for a message: without the platform's words at its end, which differ from workload to workload."""
    argv = launch.argv
    assert isinstance(argv, Known)
    words = hop.argv
    for word in reversed(argv.value.passed):
        if len(words) > 1 and words[-1] == word:
            words = words[:-1]
    text = hop._replace(argv=words).text
    return text if len(text) <= limit else text[: limit - 1] + "…"


def name(hop: Hop) -> str:
    """What a script is called: the word that names it."""
    return hop.argv[hop.operand]


def when_stopped(workload: Workload) -> str:
    """What the platform does to a program that was not told, as the end of a message."""
    grace = workload.grace
    return f"is killed after {grace} s" if grace is not None else "is killed"
