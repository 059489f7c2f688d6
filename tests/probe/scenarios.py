"""What containers do when they are stopped, and what a probe must say about it. Data; ``test_scenarios`` runs it."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from smlint.probe.judge import Verdict
from smlint.probe.plan import Limits, Readiness
from smlint.workload import Workload
from tests.engine.images import Content, File
from tests.probe import programs
from tests.probe.programs import HANDLER, NO_HANDLER

STOPPED = Verdict.STOPPED
DROPPED = Verdict.DROPPED
NOT_FORWARDED = Verdict.NOT_FORWARDED
KILLED = Verdict.KILLED
CUT_OFF = Verdict.CUT_OFF
SLOW = Verdict.SLOW
GONE = Verdict.GONE
NEVER_READY = Verdict.NEVER_READY
NOT_STARTED = Verdict.NOT_STARTED


class Scenario(NamedTuple):
    """An image, how it is probed, the verdict on every run, and the codes of all findings."""

    name: str
    files: Mapping[str, Content]
    entrypoint: Sequence[str] | str | None
    verdicts: tuple[Verdict, ...]
    codes: tuple[str, ...] = ()
    base: str = "dash"
    config: Sequence[str] = ()
    #: Fields of the plan; a model is a directory that the test makes.
    plan: Mapping[str, Any] = {}
    model: bool = False


BOTH: Final = (STOPPED, STOPPED)
LOST: Final = (NOT_FORWARDED, CUT_OFF)
DEAF: Final = (DROPPED, CUT_OFF)
IGNORED: Final = (DROPPED, DROPPED)
INFERENCE: Final = {"workload": Workload.INFERENCE}
QUICK: Final = {"workload": Workload.INFERENCE, "ready": Readiness(timeout=10.0)}
PROCESSING: Final = {"workload": Workload.PROCESSING}
EXEC: Final = ("/train.py",)


def script(text: str, shell: str = "/bin/sh") -> dict[str, Content]:
    """An entry script in front of a program with a handler."""
    return {"/run.sh": f"#!{shell}\n{text}\n", "/train.py": HANDLER}


def program(text: str) -> dict[str, Content]:
    """The program alone."""
    return {"/train.py": text}


TRAP_AND_WAIT: Final = (
    "trap 'kill -TERM $child' TERM\n/train.py \"$@\" & child=$!\nwait $child\nwait $child\nexit $?"
)
NATIVE: Final = programs.ARM64_ELF if platform.machine() == "x86_64" else programs.X86_ELF

SCENARIOS: Final = (
    Scenario("python-handler", program(HANDLER), EXEC, BOTH),
    Scenario("python-handler-saves-nothing", program(programs.HANDLER_SAVES_NOTHING), EXEC, BOTH, ("SM707",)),
    Scenario("python-handler-exits-143", program(programs.HANDLER_EXITS_143), EXEC, BOTH),
    Scenario("python-no-handler", program(NO_HANDLER), EXEC, DEAF, ("SM701", "SM706")),
    Scenario("python-slow-handler", program(programs.slow(5.4)), EXEC, (SLOW, SLOW), ("SM704",)),
    Scenario("python-handler-too-slow", program(programs.slow(60)), EXEC, (KILLED, KILLED), ("SM705",)),
    Scenario("python-handler-raises", program(programs.HANDLER_RAISES), EXEC, BOTH, ("SM708",)),
    Scenario("python-handler-goes-on", program(programs.HANDLER_GOES_ON), EXEC, (KILLED, KILLED), ("SM705",)),
    Scenario("python-busy", program(programs.BUSY), EXEC, BOTH),
    *(
        Scenario(f"shell-form-{base}", program(HANDLER), "/train.py", verdicts, codes, base)
        for base, verdicts, codes in (
            ("dash", LOST, ("SM702", "SM703", "SM706")),
            ("bash", BOTH, ("SM703",)),
            ("busybox", BOTH, ("SM703",)),
        )
    ),
    *(
        Scenario(
            f"shell-form-pipe-{base}",
            program(HANDLER),
            "/train.py | tee /log",
            LOST,
            ("SM702", "SM703", "SM706"),
            base,
        )
        for base in ("dash", "bash", "busybox")
    ),
    Scenario("shell-form-exec", program(HANDLER), "exec /train.py", BOTH, ("SM703",)),
    Scenario("shell-form-exec-passes", program(HANDLER), 'exec /train.py "$0" "$@"', BOTH),
    *(
        Scenario(
            f"script-no-exec-{base}",
            script('/train.py "$@"\necho over'),
            ("/run.sh",),
            LOST,
            ("SM702", "SM706"),
            base,
        )
        for base in ("dash", "bash", "busybox")
    ),
    *(
        Scenario(f"script-exec-{base}", script('exec /train.py "$@"'), ("/run.sh",), BOTH, (), base)
        for base in ("dash", "bash", "busybox")
    ),
    *(
        Scenario(f"script-trap-and-wait-{base}", script(TRAP_AND_WAIT), ("/run.sh",), BOTH, (), base)
        for base in ("dash", "bash", "busybox")
    ),
    Scenario(
        "script-trap-foreground-handler",
        script("trap 'exit 0' TERM\n/train.py \"$@\"", "/bin/bash"),
        ("/run.sh",),
        (NOT_FORWARDED, NOT_FORWARDED),
        ("SM702",),
    ),
    Scenario(
        "script-trap-foreground-sleep",
        script("trap 'exit 0' TERM\nsleep 1000", "/bin/bash"),
        ("/run.sh",),
        (KILLED, KILLED),
        ("SM705",),
    ),
    Scenario("script-trap-empty", script("trap '' TERM\nexec sleep 1000"), ("/run.sh",), IGNORED, ("SM701",)),
    Scenario("script-loop", script("while true; do sleep 0.2; done"), ("/run.sh",), DEAF, ("SM701", "SM706")),
    Scenario(
        "toolkit-parent",
        {"/parent.py": programs.TOOLKIT_PARENT, "/train.py": HANDLER},
        ("/parent.py",),
        LOST,
        ("SM702", "SM706"),
    ),
    Scenario(
        "forwarding-parent",
        {"/parent.py": programs.FORWARDING_PARENT, "/train.py": HANDLER},
        ("/parent.py",),
        BOTH,
    ),
    Scenario("multiprocessing", program(programs.WORKERS), EXEC, BOTH),
    Scenario(
        "multiprocessing-deaf-parent", program(programs.HEARING_WORKERS), EXEC, LOST, ("SM702", "SM706")
    ),
    Scenario(
        "double-fork",
        {"/parent.py": programs.DOUBLE_FORK, "/train.py": HANDLER},
        ("/parent.py",),
        LOST,
        ("SM702", "SM706"),
    ),
    Scenario("setsid", script("setsid /train.py &\nwait"), ("/run.sh",), LOST, ("SM702", "SM706")),
    Scenario("ignored", program(programs.IGNORES), EXEC, IGNORED, ("SM701",)),
    Scenario("blocked", program(programs.BLOCKS), EXEC, IGNORED, ("SM701",)),
    Scenario("sigwait", program(programs.SIGWAIT), EXEC, BOTH),
    Scenario("sigtimedwait", program(programs.SIGTIMEDWAIT), EXEC, BOTH),
    Scenario("signalfd", program(programs.SIGNALFD), EXEC, BOTH),
    Scenario("second-thread", program(programs.SECOND_THREAD), EXEC, BOTH),
    Scenario("tini", program(HANDLER), ("/usr/bin/tini", "--", "/train.py"), BOTH),
    Scenario(
        "tini-no-handler",
        program(NO_HANDLER),
        ("/usr/bin/tini", "--", "/train.py"),
        (CUT_OFF, CUT_OFF),
        ("SM706",),
    ),
    Scenario(
        "tini-shell",
        program(HANDLER),
        ("/usr/bin/tini", "--", "sh", "-c", "/train.py; true"),
        (CUT_OFF, CUT_OFF),
        ("SM703", "SM706"),
    ),
    Scenario(
        "tini-group-shell",
        program(programs.slow(1)),
        ("/usr/bin/tini", "-g", "--", "sh", "-c", "/train.py; true"),
        (CUT_OFF, CUT_OFF),
        ("SM703", "SM706"),
    ),
    Scenario("tini-without-program", {}, ("/usr/bin/tini", "--"), (NOT_STARTED,), ("SM714",)),
    Scenario("dumb-init", program(HANDLER), ("/usr/bin/dumb-init", "--", "/train.py"), BOTH),
    Scenario(
        "dumb-init-script",
        script('/train.py "$@"\necho over') | program(programs.slow(1)),
        ("/usr/bin/dumb-init", "--", "/run.sh"),
        (CUT_OFF, CUT_OFF),
        ("SM706",),
    ),
    Scenario("train-on-path", {"/usr/local/bin/train": HANDLER}, None, BOTH),
    Scenario("missing-train", {}, None, (NOT_STARTED,), ("SM714",)),
    Scenario("wrong-architecture", {"/train": File(NATIVE, 0o755)}, ("/train",), (NOT_STARTED,), ("SM714",)),
    Scenario("exits-0-before-ready", program(programs.exits(0)), EXEC, (GONE,), ("SM714",)),
    Scenario("exits-3-before-ready", program(programs.exits(3)), EXEC, (GONE,), ("SM709", "SM714")),
    Scenario("failure-file", program(programs.FAILURE_FILE), EXEC, (GONE,), ("SM714",)),
    Scenario("crashes-at-start", program(programs.CRASH), EXEC, (GONE,), ("SM709", "SM714")),
    Scenario(
        "out-of-memory",
        program(programs.MEMORY_HOG),
        EXEC,
        (GONE,),
        ("SM709", "SM714"),
        plan={"limits": Limits(memory=96 << 20)},
    ),
    Scenario(
        "never-ready",
        program(HANDLER),
        EXEC,
        (NEVER_READY,),
        ("SM714",),
        plan={"ready": Readiness(log="epoch 1", timeout=2.0)},
    ),
    Scenario(
        "ready-by-log",
        program(HANDLER),
        EXEC,
        BOTH,
        plan={"ready": Readiness(log=r"argv \['train'\]", timeout=20.0)},
    ),
    Scenario("log-flood", program(programs.LOG_FLOOD), EXEC, BOTH),
    Scenario(
        "fork-bomb",
        program(programs.FORK_BOMB),
        EXEC,
        DEAF,
        ("SM701", "SM706"),
        plan={"limits": Limits(pids=64)},
    ),
    Scenario("huge-model", program(programs.HUGE_MODEL), EXEC, BOTH),
    Scenario(
        "container-entrypoint",
        program(HANDLER),
        ("/bin/false",),
        BOTH,
        plan={"entrypoint": ("/usr/bin/python3",), "arguments": ("/train.py", "a b")},
    ),
    Scenario(
        "container-arguments-lost",
        program(HANDLER),
        "/train.py",
        LOST,
        ("SM702", "SM703", "SM706"),
        plan={"arguments": ("--epochs", "3")},
    ),
    Scenario(
        "opt-ml-shadowed",
        {"/opt/ml/input/train.py": HANDLER},
        ("/usr/bin/python3", "/opt/ml/input/train.py"),
        (GONE,),
        ("SM709", "SM713", "SM714"),
    ),
    Scenario("opt-ml-code-stays", {"/opt/ml/code/train.py": HANDLER}, ("/opt/ml/code/train.py",), BOTH),
    Scenario("server", {"/serve.py": programs.server()}, ("/serve.py",), BOTH, plan=INFERENCE),
    Scenario(
        "server-on-loopback",
        {"/serve.py": programs.server("127.0.0.1")},
        ("/serve.py",),
        (NEVER_READY,),
        ("SM711", "SM714"),
        plan=QUICK,
    ),
    Scenario(
        "server-unhealthy",
        {"/serve.py": programs.server(status=500)},
        ("/serve.py",),
        (NEVER_READY,),
        ("SM710", "SM714"),
        plan=QUICK,
    ),
    Scenario(
        "server-writes-beside-model",
        {"/serve.py": programs.server(first="open('/opt/ml/model/.lock', 'w')")},
        ("/serve.py",),
        (GONE,),
        ("SM712", "SM714"),
        plan=INFERENCE,
        model=True,
    ),
    Scenario(
        "server-reads-model",
        {"/serve.py": programs.server(first="assert open('/opt/ml/model/weights').read() == '1'")},
        ("/serve.py",),
        BOTH,
        plan=INFERENCE,
        model=True,
    ),
    Scenario(
        "nginx-stop-signal",
        {"/serve.sh": programs.NGINX, "/nginx.conf": programs.NGINX_CONF},
        ("/serve.sh",),
        BOTH,
        (),
        "nginx",
        ("STOPSIGNAL SIGQUIT",),
        INFERENCE,
    ),
    Scenario("processing", program(HANDLER), EXEC, (STOPPED,) * 4, plan=PROCESSING),
    Scenario(
        "processing-no-handler",
        program(NO_HANDLER),
        EXEC,
        # CPython has a handler for SIGINT of its own, and none for SIGTERM.
        (STOPPED, DROPPED, STOPPED, CUT_OFF),
        ("SM701", "SM706"),
        plan=PROCESSING,
    ),
    Scenario(
        "processing-runs-cmd",
        program(HANDLER),
        None,
        (STOPPED,) * 4,
        config=('CMD ["/train.py", "data-format", "csv"]',),
        plan=PROCESSING,
    ),
)
