"""Launchers that read what they start from a file, and those whose row depends on options or on who starts them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from smlint.container import Container, Known
from smlint.launch import Launch, Relation, resolve
from smlint.workload import Workload

from .conftest import ANCHOR

Make = Callable[..., Container]
ELF = b"\x7fELF\0\0"
NODE = {"/usr/bin/node": ELF, "/bin/dash": ELF, "/opt/program/prog": ELF}
LINKS = {"/bin/sh": "/bin/dash"}
CONFIGURATION = "[supervisord]\nnodaemon=true\n[program:a]\ncommand=/opt/program/prog --fit\n"


def train(make: Make, *argv: str, files: dict[str, str | bytes]) -> Launch:
    return resolve(make(*argv, files={**NODE, **files}, links=LINKS), Workload.TRAINING)


def package(**scripts: str) -> dict[str, str | bytes]:
    return {"/opt/program/package.json": json.dumps({"scripts": scripts})}


@pytest.mark.parametrize(
    "argv",
    [
        ("npm", "start"),
        ("npm", "run", "start"),
        ("npm", "run", "-s", "start", "--"),
        ("npm", "--silent", "run", "start"),
    ],
)
def test_npm_runs_a_script_of_package_json(container: Make, argv: tuple[str, ...]) -> None:
    launch = train(container, *argv, files=package(start="exec node server.js"))
    assert [hop.text for hop in launch.hops[1:]] == [
        "sh -c 'exec node server.js train'",
        "node server.js train",
    ]
    assert launch.sigterm_arrives.value is True
    assert launch.word_arrives.value is True
    assert launch.exit_code_kept.value is True


def test_npm_tells_the_shell_and_no_further(container: Make) -> None:
    launch = train(container, "npm", "start", files=package(start="node server.js"))
    assert launch.sigterm_arrives.value is False
    assert launch.word_arrives.value is True


@pytest.mark.parametrize(
    ("argv", "files"),
    [
        (("npm", "start"), {}),
        (("npm", "start"), package(build="tsc")),
        (("npm", "start"), {"/opt/program/package.json": "{"}),
        (("npm", "start"), {"/opt/program/package.json": "[" * 100_000}),
        (("npm", "start"), {"/opt/program/package.json": '{"scripts": ["start"]}'}),
        (("npm", "start"), package(start='node "$1"')),
        (("npm", "--prefix", "app", "start"), package(start="node a.js")),
        (("npm", "start", "--quick"), package(start="node a.js")),
        (("npm", "start"), {**package(start="node a.js"), "/opt/program/.npmrc": "script-shell=bash\n"}),
        (("npm", "exec", "server"), package(start="node a.js")),
        (("npm", "run", "$SCRIPT"), package(start="node a.js")),
        (("npm", "run", "--if-present", "start"), package(start="node a.js")),
    ],
    ids=repr,
)
def test_what_npm_runs_may_be_unknown(
    container: Make, argv: tuple[str, ...], files: dict[str, str | bytes]
) -> None:
    launch = train(container, *argv, files=files)
    assert launch.sigterm_arrives.value is None
    assert len(launch.hops) == 1


def test_supervisord_starts_one_program(container: Make) -> None:
    files: dict[str, str | bytes] = {
        "/opt/program/s.conf": CONFIGURATION,
        "/opt/program/start.sh": "#!/bin/sh\nexec supervisord -c s.conf\n",
    }
    launch = train(container, "/opt/program/start.sh", files=files)
    assert launch.hops[-1].text == "/opt/program/prog --fit"
    assert launch.hops[-1].relation is Relation.CHILD
    assert launch.sigterm_arrives.value is True
    assert launch.word_arrives.value is False
    assert launch.exit_code_kept.value is None


@pytest.mark.parametrize(
    ("options", "started"),
    [
        ("", "/opt/program/prog --fit"),
        ("-n", "/opt/program/prog --fit"),
        ("--configuration=/etc/other.conf", "/opt/program/prog --other"),
        ("-c /etc/other.conf", "/opt/program/prog --other"),
        ("-c nowhere.conf", None),
        ("-l log", None),
    ],
)
def test_supervisord_finds_its_configuration(container: Make, options: str, started: str | None) -> None:
    files: dict[str, str | bytes] = {
        "/etc/supervisord.conf": CONFIGURATION,
        "/etc/other.conf": CONFIGURATION.replace("--fit", "--other"),
        "/opt/program/start.sh": f"#!/bin/sh\nexec supervisord {options}\n",
    }
    launch = train(container, "/opt/program/start.sh", files=files)
    assert (launch.hops[-1].text if launch.hops[-1].relation is Relation.CHILD else None) == started


@pytest.mark.parametrize("unseen", [[], ["/opt/program/supervisord.conf"]])
def test_supervisord_without_a_configuration_in_view(container: Make, unseen: list[str]) -> None:
    files: dict[str, str | bytes] = {**NODE, "/opt/program/start.sh": "#!/bin/sh\nexec supervisord\n"}
    if unseen:
        files["/etc/supervisord.conf"] = CONFIGURATION
    launch = resolve(container("./start.sh", files=files, links=LINKS, unseen=unseen), Workload.TRAINING)
    assert launch.sigterm_arrives.value is None
    assert launch.hops[-1].unseen == "supervisord's configuration is not in view"


@pytest.mark.parametrize(
    ("directory", "found"),
    [
        ("/srv", "Known"),
        ("sub", "Known"),
        ("%(ENV_WHERE)s", "Known"),
        ("", "Absent"),
        ("/nowhere", "Absent"),
        ("%(ENV_SURELY_NOT_SET)s", "Unknown"),
    ],
)
def test_supervisord_changes_the_directory(container: Make, directory: str, found: str) -> None:
    text = f"[supervisord]\nnodaemon=true\n[program:a]\ncommand=python train.py\ndirectory={directory}\n"
    handler = "import signal\nsignal.signal(signal.SIGTERM, stop)\n"
    image = container(
        "./start.sh",
        files={
            **NODE,
            "/opt/program/s.conf": text,
            "/opt/program/start.sh": "#!/bin/sh\nexec supervisord -c s.conf\n",
            "/srv/train.py": handler,
            "/opt/program/sub/train.py": handler,
        },
        links=LINKS,
        environment={"WHERE": Known("/srv", ANCHOR)},
    )
    launch = resolve(image, Workload.TRAINING)
    assert launch.hops[-1].text == "python train.py"
    assert type(launch.hops[-1].file).__name__ == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "command=a\n",
        CONFIGURATION.replace("nodaemon=true", ""),
        CONFIGURATION + "[program:b]\ncommand=b\n",
        CONFIGURATION + "[include]\nfiles=/etc/supervisor/conf.d/*.conf\n",
        CONFIGURATION + "stopsignal=QUIT\n",
        CONFIGURATION + "numprocs=2\n",
        CONFIGURATION + "autostart=false\n",
        CONFIGURATION.replace("--fit", "'"),
        CONFIGURATION.replace("--fit", "%(ENV_SURELY_NOT_SET)s"),
        CONFIGURATION.replace("--fit", "%(here)s"),
    ],
)
def test_what_supervisord_starts_may_be_unknown(container: Make, text: str) -> None:
    script = "#!/bin/sh\nexec supervisord -c s.conf\n"
    files: dict[str, str | bytes] = {"/opt/program/s.conf": text, "/opt/program/start.sh": script}
    assert train(container, "/opt/program/start.sh", files=files).sigterm_arrives.value is None


def test_supervisord_refuses_the_platforms_word(container: Make) -> None:
    launch = train(container, "supervisord", "-n", files={"/etc/supervisord.conf": CONFIGURATION})
    assert launch.root is not None
    assert "refuses the word train" in launch.root.unseen


@pytest.mark.parametrize(
    ("argv", "relation", "told"),
    [
        (("setsid", "./prog"), Relation.CHILD, False),
        (("tini", "--", "setsid", "./prog"), Relation.CHILD, False),
        (("nice", "setsid", "./prog"), Relation.CHILD, False),
        (("sudo", "setsid", "./prog"), Relation.UNKNOWN, None),
        (("flock", "/tmp/lock", "./prog"), Relation.CHILD, False),
        (("flock", "--no-fork", "/tmp/lock", "./prog"), Relation.UNKNOWN, None),
        (("sudo", "-b", "./prog"), Relation.UNKNOWN, None),
        (("dumb-init", "./prog"), Relation.CHILD, True),
        (("dumb-init", "--rewrite", "15:3", "./prog"), Relation.UNKNOWN, None),
        (("numactl", "--physcpubind", "0", "./prog"), Relation.REPLACES, True),
        (("numactl", "-l", "./prog"), Relation.REPLACES, True),
        (("chpst", "-u", "nobody", "./prog"), Relation.REPLACES, True),
    ],
)
def test_rows_with_conditions(
    container: Make, argv: tuple[str, ...], relation: Relation, told: bool | None
) -> None:
    launch = train(container, *argv, files={})
    assert launch.hops[-1].relation is relation
    assert launch.hops[-1].text == "./prog train"
    assert launch.sigterm_arrives.value is told


def test_setsid_becomes_the_child_of_a_shell(container: Make) -> None:
    trap = "#!/bin/sh\ntrap 'kill $p; wait $p' TERM\nsetsid ./prog \"$@\" & p=$!\nwait $p\n"
    launch = train(container, "./start.sh", files={"/opt/program/start.sh": trap})
    assert launch.sigterm_arrives.value is True


@pytest.mark.parametrize(
    ("argv", "passwd", "told"),
    [
        (("su", "root", "-c", "./prog"), "", None),
        (("su", "nobody", "-c", "./prog"), "root:x:0:0:root:/root:/bin/bash\n", None),
        (("su", "-", "-c", "./prog"), "root:x:0:0:root:/root:/bin/bash\n", True),
        (("su", "root", "-c", "./prog"), "root:x:0:0:root:/root:/bin/bash\n", True),
        (("su", "root", "-c", "./prog"), "root:x:0:0:root:/root:/bin/sh\n", False),
        (("su", "-s", "/bin/bash", "root", "-c", "./prog"), "", True),
        (("su", "--shell=/bin/dash", "root", "-c", "./prog"), "", False),
        (("su", "-", "app", "-c", "exec ./prog"), "", True),
        (("su", "-", "app", "-c", "./prog"), "app:x:1:1::/:/bin/bash\nroot:x:0:0::/:/bin/sh\n", True),
    ],
)
def test_su_runs_the_string_in_the_users_shell(
    container: Make, argv: tuple[str, ...], passwd: str, told: bool | None
) -> None:
    files: dict[str, str | bytes] = {"/etc/passwd": passwd} if passwd else {}
    assert train(container, *argv, files=files).sigterm_arrives.value is told


def test_a_shell_without_a_command_runs_the_word(container: Make) -> None:
    launch = train(container, "bash", "-c", files={})
    assert [hop.text for hop in launch.hops] == ["bash -c train", "train"]
    assert launch.hops[-1].word.value is True
    assert launch.hops[-1].unseen == "there is no such program"
