"""With and without botocore: the same findings, its model read once, and only when a request is there to be checked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.loaders import Loader

from smlint.cli import main
from smlint.request import second_opinion, shapes
from smlint.request.structure import Break

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
CASES = sorted(
    path.parent
    for path in FIXTURES.glob("SM*/*/args.txt")
    if path.read_text(encoding="utf-8").startswith("job\n")
)
GOOD = next(FIXTURES.glob("SM610-image-uri/ok-255-characters/*.json"))


@pytest.fixture
def unread() -> Iterator[None]:
    """Nothing of the model is in memory, before the test and after it."""

    def clear() -> None:
        for cached in (shapes.api_model, shapes.service_description, second_opinion._service):
            cached.cache_clear()

    clear()
    yield
    clear()


def found(case: Path, capsys: pytest.CaptureFixture[str]) -> str:
    words = (case / "args.txt").read_text(encoding="utf-8").splitlines()
    main([*words, "--format", "json", "--isolated"])
    return capsys.readouterr().out


@pytest.mark.usefixtures("unread")
def test_all_fixtures_give_the_same_without_botocore(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def of_all() -> dict[str, str]:
        results = {}
        for case in CASES:
            monkeypatch.chdir(case)
            results[f"{case.parent.name}/{case.name}"] = found(case, capsys)
        return results

    with_botocore = of_all()
    assert shapes.api_model().is_installed
    shapes.api_model.cache_clear()
    monkeypatch.setitem(sys.modules, "botocore", None)
    assert of_all() == with_botocore
    assert not shapes.api_model().is_installed


@pytest.mark.usefixtures("unread")
def test_the_description_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read = []
    load = Loader.load_service_model

    def counting(self: Loader, service: str, kind: str, *rest: object) -> object:
        read.append((service, kind))
        return load(self, service, kind, *rest)

    monkeypatch.setattr(Loader, "load_service_model", counting)
    names = [str(tmp_path / name) for name in ("a.json", "b.json")]
    for name in names:
        Path(name).write_bytes(GOOD.read_bytes())
    assert main(["job", *names, "--isolated"]) == 0
    capsys.readouterr()
    assert read == [("sagemaker", "service-2")]


@pytest.mark.parametrize(
    "words",
    [["job", "broken.json"], ["Dockerfile"], ["launch", "Dockerfile", "--request", "job.json"]],
    ids=["a file that is no request", "a Dockerfile", "a launch chain"],
)
def test_botocore_is_left_alone_where_no_request_is_checked(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (tmp_path / "job.json").write_bytes(GOOD.read_bytes())
    (tmp_path / "Dockerfile").write_text('FROM scratch\nENTRYPOINT ["/train"]\n', encoding="utf-8")
    code = (
        "import json, sys\nfrom smlint.cli import main\nmain(json.loads(sys.argv[1]))\n"
        "sys.stderr.write(json.dumps(sorted(name for name in sys.modules if name.startswith('botocore'))))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, json.dumps(words)], cwd=tmp_path, capture_output=True, check=True
    )
    assert ran.stderr == b"[]"


@pytest.mark.parametrize("name", ["job.json", "states.json"])
def test_what_a_later_botocore_refuses_and_nobody_here_knows_of_is_a_finding_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.loads(GOOD.read_text(encoding="utf-8"))
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": body,
    }
    whole = {"StartAt": "a", "States": {"a": {**task, "End": True}}} if name == "states.json" else body
    (tmp_path / name).write_text(json.dumps(whole), encoding="utf-8")
    above = "/States/a/Parameters" if name == "states.json" else ""

    def complaints(*_: object) -> list[second_opinion.Complaint]:
        return [second_opinion.Complaint(f"{above}/ResourceConfig/InstanceCount", Break.TYPE)]

    monkeypatch.setattr(second_opinion, "complaints", complaints)
    main(["job", str(tmp_path / name), "--format", "json", "--isolated", "--select", "SM6"])
    (finding,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert finding["code"] == "SM619"
    assert finding["location"]["pointer"] == f"{above}/ResourceConfig/InstanceCount"
