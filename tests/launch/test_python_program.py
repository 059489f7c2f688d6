"""Signal handlers found in Python sources, and the doubt that keeps silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from smlint.container import Container, Known
from smlint.launch.python_program import handles

Make = Callable[..., Container]


def ask(
    make: Make, source: str | bytes, others: Mapping[str, str] | None = None, signals: str = "SIGTERM"
) -> bool | None:
    files: dict[str, str | bytes] = {"/opt/program/train.py": source}
    files.update({f"/opt/program/{name}.py": text for name, text in (others or {}).items()})
    container = make("python", "train.py", files=files)
    found = container.files.lookup("/opt/program/train.py")
    assert isinstance(found, Known)
    return handles(container, found.value, frozenset(signals.split())).value


WORKER = """
import signal, multiprocessing
def work():
    {}
multiprocessing.Process(target=work).start()
"""


@pytest.mark.parametrize(
    "source",
    [
        "import signal\nsignal.signal(signal.SIGTERM, stop)",
        "import signal as s\ns.signal(s.SIGTERM, stop)",
        "from signal import signal, SIGTERM\nsignal(SIGTERM, stop)",
        "from signal import *\nfrom signal import signal\nsignal(15, stop)",
        "import signal\nfor number in (signal.SIGINT, signal.SIGTERM):\n    signal.signal(number, stop)",
        "import signal\nsignal.sigwait({signal.SIGTERM})",
        "import asyncio, signal\nasyncio.get_event_loop().add_signal_handler(signal.SIGTERM, stop)",
        "import signal\nsignal.signal(signal.Signals.SIGTERM, stop)",
        "import signal\nsignal.signal(signal.Signals['SIGTERM'], stop)",
        "import signal\nsignal.signal(getattr(signal, 'SIGTERM'), stop)",
        "import lightning as L\nL.Trainer().fit(model)",
        "from pytorch_lightning import Trainer\nTrainer().fit(model)",
        "import uvicorn\nuvicorn.run(app)",
        "import ray\nray.init()",
        "from transformers import TrainingArguments\nTrainingArguments('o', enable_jit_checkpoint=True)",
        "def main():\n    import signal\n    signal.signal(signal.SIGTERM, stop)",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [15])\nsignal.sigwait([signal.SIGTERM])",
        f"{WORKER.format('pass')}\nsignal.signal(signal.SIGTERM, stop)",
    ],
)
def test_handler(container: Make, source: str) -> None:
    assert ask(container, source) is True


@pytest.mark.parametrize(
    "source",
    [
        "print('hello')",
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_DFL)",
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "import signal\nsignal.signal(signal.SIGINT, stop)",
        "import torch, numpy as np, pandas as pd\nimport argparse",
        "import lightning\nprint(lightning.__version__)",
        "from transformers import Trainer\nTrainer(model).train()",
        "import faulthandler, signal\nfaulthandler.register(signal.SIGTERM)",
        "try:\n    train()\nexcept KeyboardInterrupt:\n    save()",
        "import signal\nsignal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])",
    ],
)
def test_no_handler(container: Make, source: str) -> None:
    assert ask(container, source) is False


@pytest.mark.parametrize(
    "source",
    [
        "import unheard_of",
        "import signal\nsignal.signal(getattr(signal, name), stop)",
        "import importlib\nimportlib.import_module(name).run()",
        "import os, sys\nos.execvp('python', sys.argv)",
        "from transformers import HfArgumentParser\nHfArgumentParser(A).parse_args()",
        "this is no python",
        "#" * 3_000_000,
        b"\xff\xfe\x00binary",
        "from .gone import x",
        "x = " + "(" * 3000 + ")" * 3000,
        # What takes a blocked signal may be a signalfd, which no name gives away.
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\nread(fd)",
        WORKER.format("signal.signal(signal.SIGTERM, stop)"),
        WORKER.format("signal.signal(signal.SIGTERM, stop)").replace("Process(target", "Pool(2, initializer"),
    ],
)
def test_unknown(container: Make, source: str | bytes) -> None:
    assert ask(container, source) is None


def test_local_modules_are_followed(container: Make) -> None:
    handler = "import signal\ndef setup():\n    signal.signal(signal.SIGTERM, print)"
    assert ask(container, "import stop", {"stop": handler}) is True
    package = {"lib/__init__": "", "lib/stop": handler}
    assert ask(container, "from lib import stop", package) is True
    assert ask(container, "from lib.stop import setup", package) is True
    upwards = {
        "lib/__init__": "from .sub import a",
        "lib/sub/__init__": "",
        "lib/sub/a": "from ..stop import setup",
    }
    assert ask(container, "import lib", {**upwards, "lib/stop": handler, "stop": ""}) is True
    assert ask(container, "import lib", {**upwards, "lib/stop": "", "stop": handler}) is False
    package["lib/__init__"] = "from .stop import setup"
    assert ask(container, "import lib", package) is True
    assert ask(container, "import other", {"other": "import train"}) is False


def test_processing_is_stopped_with_sigint(container: Make) -> None:
    source = "try:\n    run()\nexcept KeyboardInterrupt:\n    save()"
    assert ask(container, source, signals="SIGINT SIGTERM") is True
    assert ask(container, "run()", signals="SIGINT SIGTERM") is False


def test_the_search_is_bounded(container: Make) -> None:
    modules = {f"m{number}": f"import m{number + 1}" for number in range(200)}
    assert ask(container, "import m0", modules) is None
