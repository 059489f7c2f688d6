"""From text to report in step with the size: many of everything that a Dockerfile can hold many of."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from smlint import registry
from smlint.config import Settings
from smlint.container import Known, Unknown
from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container
from smlint.dockerfile.lint import DockerfileOptions, lint_dockerfile
from smlint.engine import Outcome
from smlint.plan import make_plan
from smlint.report import Report, render
from tests.work import growth

DRIVER = "apt-get install -y nvidia-driver-535"
FORMATS = ("text", "json", "sarif", "rdjson", "gitlab")


def lint(text: str, context: str | None = None) -> Outcome:
    rules = registry.installed()
    plan = make_plan(Settings(), (), rules)
    return lint_dockerfile(text, "Dockerfile", DockerfileOptions(context=context), plan)


#: Each makes a Dockerfile whose size is proportional to its argument.
SHAPES: dict[str, Callable[[int], str]] = {
    "instructions": lambda n: "FROM a\n" + "RUN b c\n" * n,
    "findings": lambda n: "FROM a\n" + f"RUN {DRIVER}\n" * n,
    "findings of files": lambda n: "FROM a\n" + "".join(f"COPY x{k} /opt/ml/input/x{k}\n" for k in range(n)),
    "findings in one RUN": lambda n: "FROM a\nRUN true" + f" && \\\n {DRIVER}" * n + "\n",
    "packages": lambda n: "FROM a\nRUN apt-get install" + " \\\n nvidia-driver-535" * n + "\n",
    "heredocs": lambda n: "FROM a\n" + f"RUN <<E\n{DRIVER}\nE\n" * n,
    "heredocs of one RUN": lambda n: "FROM a\nRUN cat" + " <<E \\\n" * n + "\n" + f"{DRIVER}\nE\n" * n,
    "a long heredoc": lambda n: "FROM a\nRUN <<E\n" + f"{DRIVER}\n" * n + "E\n",
    "stages on each other": lambda n: (
        "FROM a AS s0\n" + "".join(f"FROM s{k} AS s{k + 1}\nRUN {DRIVER}\n" for k in range(n))
    ),
    "stages copied from": lambda n: (
        "".join(f"FROM a AS s{k}\nRUN x\n" for k in range(n))
        + "FROM a\n"
        + "".join(f"COPY --from=s{k} /opt/x /opt/x{k}\n" for k in range(n))
        + 'ENTRYPOINT ["/opt/x0"]\n'
    ),
    "arguments": lambda n: "FROM a\nARG A0=1\n" + "".join(f"ARG A{k + 1}=$A{k}\n" for k in range(n)),
    "a path that grows": lambda n: (
        "FROM a\n" + "".join(f"ENV PATH=/opt/{k}:$PATH\n" for k in range(n)) + 'CMD ["train"]\n'
    ),
    "ignores": lambda n: "FROM a\n" + f"# smlint ignore=SM301 -- x\nRUN {DRIVER}\n" * n,
    "ignores of one instruction": lambda n: "FROM a\n" + "# smlint ignore=SM301\n" * n + f"RUN {DRIVER}\n",
    "ignores of the file": lambda n: "FROM a\n" + f"# smlint global ignore=SM301\nRUN {DRIVER}\n" * n,
    "ignores that hide nothing": lambda n: "FROM a\n" + "# smlint ignore=SM101\nRUN b\n" * n,
    "ignores of nothing known": lambda n: "FROM a\n" + "# smlint ignore=SM999\nRUN b\n" * n,
    "substitutions": lambda n: "FROM a\nRUN echo " + "$( \\\n" * n + DRIVER + ")" * n + "\n",
    "conditions": lambda n: "FROM a\nRUN " + "if a; then \\\n" * n + f"{DRIVER};" + "fi;" * n + "\n",
    "quoted words": lambda n: f"FROM a\nRUN {DRIVER}" + " 'a' \"b\" \\\n" * n + "\n",
    "pipes": lambda n: f"FROM a\nRUN {DRIVER}" + " | cat \\\n" * n + "\n",
    "nonsense": lambda n: f"FROM a\nRUN {DRIVER}" + " ;; if ) \\\n" * n + "\n",
    "commands of the entry point": lambda n: "FROM a\nENTRYPOINT " + "a && \\\n" * n + "b\n",
    "decisions of the entry point": lambda n: (
        "FROM a\nENTRYPOINT " + "if [ a$x ]; then b; fi; \\\n" * n + "exec c\n"
    ),
    "entry points": lambda n: "FROM a\n" + "ENTRYPOINT python x.py\n" * n,
    "deferred instructions": lambda n: "FROM a AS b\n" + f"ONBUILD RUN {DRIVER}\n" * n + "FROM b\n",
    "changes of one file": lambda n: (
        "FROM a\nCOPY x /opt/x\n" + "RUN chmod +x /opt/x\n" * n + 'ENTRYPOINT ["/opt/x"]\n'
    ),
    "copies of copies": lambda n: (
        "FROM a\nCOPY x /x0\n"
        + "".join(f"RUN cp /x{k} /x{k + 1}\n" for k in range(n))
        + f'ENTRYPOINT ["/x{n}"]\n'
    ),
    "a script made line by line": lambda n: (
        "FROM a\nRUN echo '#!/bin/sh' > /x\n" + "RUN echo 'a' >> /x\n" * n + 'ENTRYPOINT ["sh", "/x"]\n'
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_as_the_file_does(shape: str) -> None:
    def make(size: int) -> Callable[[], object]:
        text = SHAPES[shape](size)

        def run() -> None:
            report = Report((lint(text),))
            for name in FORMATS:
                render(name, report)

        return run

    assert growth(make, 150) < 2.4


def test_work_grows_as_the_number_of_files_does(tmp_path: Path) -> None:
    outcome = lint(f"FROM a\nRUN {DRIVER}\n")

    def make(size: int) -> Callable[[], object]:
        outcomes = tuple(outcome._replace(sources={f"{k}": "FROM a\n"}) for k in range(size))
        return lambda: [render(name, Report(outcomes)) for name in FORMATS]

    assert growth(make, 150) < 2.4


def test_work_grows_as_the_build_context_does(tmp_path: Path) -> None:
    """A wildcard of one COPY looks at every name; many of them may look at each name once each, not more."""

    def make(size: int) -> Callable[[], object]:
        folder = tmp_path / str(size)
        if not folder.exists():
            folder.mkdir()
            for number in range(size):
                (folder / f"{number}.py").touch()
            (folder / ".dockerignore").write_text("*.md\n")
        text = "FROM a\nCOPY *.py *.sh /opt/\n" + 'ENTRYPOINT ["/opt/1.py"]\n'
        return lambda: lint(text, str(folder))

    assert growth(make, 200) < 2.4


@pytest.mark.parametrize(
    "line",
    ["ENV A=$A$A", "ARG A=$A$A$A", "LABEL b=$A$A", "ENV A=${A//x/" + "x" * 500 + "}", "WORKDIR $A"],
)
def test_values_that_double_each_other_end_as_unknown(line: str) -> None:
    text = "FROM scratch\nENV A=xxxxxxxx\n" + f"{line}\nENV A=$A$A\n" * 200 + 'ENTRYPOINT ["/$A"]\n'
    lint(text)
    tracemalloc.start()
    try:
        lint(text)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_a_folder_too_deep_for_linux_is_unknown() -> None:
    deep = "FROM scratch\nWORKDIR /a\n" + "WORKDIR aaaaaaaaa\n" * 400
    container = build_container(parse(deep), path="Dockerfile", context=None)
    assert isinstance(container.workdir, Known)
    container = build_container(parse(deep + "WORKDIR aaaaaaaaa\n" * 10), path="Dockerfile", context=None)
    assert isinstance(container.workdir, Unknown)
