"""Settings: which file wins, what may stand in it, and what a mistake is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from smlint import config
from smlint.config import ConfigError, PathPattern, Settings, load
from smlint.diagnostics import Severity
from smlint.workload import Workload


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def settings(start: Path, **environ: str) -> Settings:
    return load(str(start), environ=environ)


class FewRules:
    def matching(self, selector: str) -> frozenset[str]:
        if selector not in ("SM101", "SM1", "ALL"):
            raise ValueError(f"no rule is called {selector!r}; did you mean SM101?")
        return frozenset({"SM101"})


def test_nothing_said_gives_the_defaults(repository: Path) -> None:
    found = settings(repository)
    assert found == Settings()
    assert found.origin("fail_level") == "default"


def test_the_closest_file_wins_and_is_not_merged_with_the_ones_above(repository: Path) -> None:
    write(repository / "pyproject.toml", "[tool.smlint]\nstage = 'outer'\nignore = ['SM3']\n")
    inner = write(repository / "train" / "smlint.toml", "stage = 'inner'\n")
    found = settings(inner.parent)
    assert found.stage == "inner"
    assert found.ignore == ()
    assert found.origin("stage") == str(inner)


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (("smlint.toml", ".smlint.toml", "pyproject.toml"), "smlint.toml"),
        ((".smlint.toml", "pyproject.toml"), ".smlint.toml"),
        (("pyproject.toml",), "pyproject.toml"),
    ],
)
def test_order_within_a_folder(repository: Path, present: tuple[str, ...], expected: str) -> None:
    for name in present:
        write(repository / name, "[tool.smlint]\n" if name == "pyproject.toml" else "")
    assert config.find(str(repository)) == str(repository / expected)


def test_a_pyproject_that_is_silent_about_smlint_is_passed_over(repository: Path) -> None:
    outer = write(repository / "smlint.toml", "")
    write(repository / "pkg" / "pyproject.toml", "[project]\nname = 'pkg'\ndependencies = ['smlint']\n")
    assert config.find(str(repository / "pkg")) == str(outer)


def test_a_pyproject_without_the_word_is_not_even_parsed(repository: Path) -> None:
    outer = write(repository / "smlint.toml", "")
    write(repository / "pkg" / "pyproject.toml", "[project\nname = 'broken'\n")
    assert config.find(str(repository / "pkg")) == str(outer)


def test_the_search_ends_at_the_repository_root(repository: Path) -> None:
    write(repository / "smlint.toml", "")
    (repository / "vendored" / ".git").mkdir(parents=True)
    assert config.find(str(repository / "vendored")) is None


def test_the_search_may_start_at_a_file(repository: Path) -> None:
    file = write(repository / "smlint.toml", "")
    dockerfile = write(repository / "docker" / "Dockerfile", "FROM scratch\n")
    assert config.find(str(dockerfile)) == str(file)


def test_every_key_is_read(repository: Path) -> None:
    write(
        repository / "smlint.toml",
        """\
workload = "processing"
stage = "sagemaker"
select = ["SM1"]
extend-select = ["SM301"]
ignore = ["tini-entrypoint"]
fail-level = "error"
format = "concise"
exclude = ["vendor/"]
context = "src"
baseline = "known.json"

[severity]
SM104 = "info"

[build-args]
BASE = "python:3.12"

[per-file-ignores]
"docker/*.cpu" = ["SM3"]

[per-file-workload]
"serve.Dockerfile" = ["inference"]
""",
    )
    folder = str(repository)
    found = settings(repository)
    assert found._replace(origins={}, file=None) == Settings(
        workload=(Workload.PROCESSING,),
        stage="sagemaker",
        select=("SM1",),
        extend_select=("SM301",),
        ignore=("tini-entrypoint",),
        fail_level=Severity.ERROR,
        format="concise",
        exclude=(PathPattern(folder, "vendor/"),),
        context=os.path.join(folder, "src"),
        baseline=os.path.join(folder, "known.json"),
        severity={"SM104": Severity.INFO},
        build_args={"BASE": "python:3.12"},
        per_file_ignores={PathPattern(folder, "docker/*.cpu"): ("SM3",)},
        per_file_workload={PathPattern(folder, "serve.Dockerfile"): (Workload.INFERENCE,)},
    )
    assert set(found.origins) == {option.field for option in config.OPTIONS}


def test_patterns_are_relative_to_the_file_that_states_them(repository: Path) -> None:
    write(
        repository / "smlint.toml",
        """\
exclude = ["/vendor/"]
workload = "training"
[per-file-ignores]
"gpu/*.Dockerfile" = ["SM301"]
"*.Dockerfile" = ["SM104"]
[per-file-workload]
"serve/**" = "inference"
""",
    )
    found = settings(repository)
    assert found.ignored_in(str(repository / "gpu" / "a.Dockerfile")) == ("SM301", "SM104")
    assert found.ignored_in(str(repository / "cpu" / "a.Dockerfile")) == ("SM104",)
    assert found.workload_of(str(repository / "serve" / "a" / "Dockerfile")) == (Workload.INFERENCE,)
    assert found.workload_of(str(repository / "Dockerfile")) == (Workload.TRAINING,)
    (vendor,) = found.exclude
    assert vendor.matches(str(repository / "vendor" / "Dockerfile"))
    assert not vendor.matches(str(repository / "a" / "vendor" / "Dockerfile"))
    assert not vendor.matches(str(repository.parent / "vendor" / "Dockerfile"))


def test_extend_puts_one_file_on_top_of_another(repository: Path) -> None:
    write(
        repository / "shared" / "base.toml",
        "stage = 'base'\ncontext = 'here'\nextend-select = ['SM1']\n[severity]\nSM101 = 'info'\nSM102 = 'info'\n",
    )
    file = write(
        repository / "smlint.toml",
        "extend = 'shared/base.toml'\nstage = 'own'\nextend-select = ['SM2']\n[severity]\nSM102 = 'error'\n",
    )
    found = settings(repository)
    assert found.stage == "own"
    assert found.context == str(repository / "shared" / "here")
    assert found.extend_select == ("SM1", "SM2")
    assert found.severity == {"SM101": Severity.INFO, "SM102": Severity.ERROR}
    assert found.origin("stage") == str(file)
    assert found.origin("context") == str(repository / "shared" / "base.toml")


def test_extend_in_a_circle_is_an_error(repository: Path) -> None:
    write(repository / "a.toml", "extend = 'smlint.toml'\n")
    write(repository / "smlint.toml", "extend = 'a.toml'\n")
    with pytest.raises(ConfigError, match="'extend' leads back to"):
        settings(repository)


def test_extend_of_a_missing_file_is_an_error(repository: Path) -> None:
    write(repository / "smlint.toml", "extend = 'gone.toml'\n")
    with pytest.raises(ConfigError, match=r"gone\.toml cannot be read"):
        settings(repository)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workloads = 'training'", "unknown key 'workloads'; did you mean 'workload'?"),
        ("zzz = 1", "unknown key 'zzz'"),
        ("workload = 'trainning'", "'workload' cannot be 'trainning'; did you mean 'training'?"),
        ("workload = 'x'", "'workload' cannot be 'x'; it is one of training, processing, inference"),
        ("stage = 3", "'stage' must be a non-empty string"),
        ("select = [1]", "'select' must be a string or a list of strings"),
        ("fail-level = 'warn'", "'fail-level' cannot be 'warn'; did you mean 'warning'?"),
        ("format = 'srif'", "'format' cannot be 'srif'; did you mean 'sarif'?"),
        ("severity = 'error'", "'severity' must be a table"),
        ("[severity]\nSM101 = 'eror'", "'severity' 'SM101': cannot be 'eror'; did you mean 'error'?"),
        ("[build-args]\nA = 1", "'build-args' 'A': must be a string; put it in quotes"),
        ("stage = ", "is not valid TOML"),
        ("extend = 1", "'extend' must be a string or a list of strings"),
    ],
)
def test_a_mistake_is_named_in_one_line(repository: Path, text: str, message: str) -> None:
    file = write(repository / "smlint.toml", text)
    with pytest.raises(ConfigError) as caught:
        settings(repository)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_a_tool_section_that_is_no_table_is_an_error(repository: Path) -> None:
    write(repository / "pyproject.toml", "[tool]\nsmlint = 1\n")
    with pytest.raises(ConfigError, match=r"\[tool\.smlint\] must be a table"):
        settings(repository)


def test_bytes_that_are_no_text_are_an_error(repository: Path) -> None:
    (repository / "smlint.toml").write_bytes(b"stage = '\xff'\n")
    with pytest.raises(ConfigError, match="is not valid TOML"):
        settings(repository)


@pytest.mark.parametrize(
    "text",
    [
        "ignore = ['SM10']",
        "select = ['SM10']",
        "extend-select = ['SM10']",
        "[severity]\nSM10 = 'info'",
        "[per-file-ignores]\na = ['SM10']",
    ],
)
def test_an_unknown_rule_names_the_nearest(repository: Path, text: str) -> None:
    write(repository / "smlint.toml", text)
    with pytest.raises(ConfigError, match=r"no rule is called 'SM10'; did you mean SM101\?"):
        load(str(repository), environ={}, rules=FewRules())


def test_known_rules_pass(repository: Path) -> None:
    write(repository / "smlint.toml", "ignore = ['SM101', 'ALL', 'SM1']")
    assert load(str(repository), environ={}, rules=FewRules()).ignore == ("SM101", "ALL", "SM1")


def test_the_environment_wins_over_files(repository: Path) -> None:
    write(
        repository / "smlint.toml", "workload = 'training'\nstage = 'file'\n[build-args]\nA = '1'\nB = '1'\n"
    )
    found = settings(
        repository,
        SMLINT_WORKLOAD="processing, inference",
        SMLINT_BUILD_ARGS="B=2",
        SMLINT_SEVERITY="SM101=info,SM2=error",
        SMLINT_FAIL_LEVEL="info",
        SMLINT_STAGE="",
    )
    assert found.workload == (Workload.PROCESSING, Workload.INFERENCE)
    assert found.build_args == {"A": "1", "B": "2"}
    assert found.severity == {"SM101": Severity.INFO, "SM2": Severity.ERROR}
    assert found.fail_level is Severity.INFO
    assert found.stage == "file"
    assert found.origin("workload") == "environment variable SMLINT_WORKLOAD"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SMLINT_WORKLOADS", "training", "SMLINT_WORKLOADS is not known; did you mean 'SMLINT_WORKLOAD'?"),
        (
            "SMLINT_FAIL_LEVEL",
            "high",
            "environment variable SMLINT_FAIL_LEVEL: 'fail-level' cannot be 'high'",
        ),
        ("SMLINT_BUILD_ARGS", "A", "SMLINT_BUILD_ARGS: 'A' is not of the form KEY=VALUE"),
    ],
)
def test_a_mistake_in_the_environment_is_named(repository: Path, name: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(repository, **{name: value})
    assert message in str(caught.value)


def test_foreign_variables_with_our_prefix_are_left_alone(repository: Path) -> None:
    assert settings(repository, SMLINT_REQUIRE_ENGINE="1", OTHER="x") == Settings()


def test_an_explicit_file_replaces_the_search(repository: Path) -> None:
    write(repository / "smlint.toml", "stage = 'found'\n")
    other = write(repository / "ci" / "strict.toml", "stage = 'given'\n")
    assert load(str(repository), explicit=str(other), environ={}).stage == "given"
    assert load(str(repository), environ={"SMLINT_CONFIG": str(other)}).stage == "given"


def test_an_explicit_file_that_is_missing_is_an_error(repository: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(str(repository), explicit=str(repository / "gone.toml"), environ={})


def test_isolated_reads_no_file_but_the_environment(repository: Path) -> None:
    write(repository / "smlint.toml", "stage = 'found'\nignore = 'SM1'\n")
    found = load(str(repository), isolated=True, environ={"SMLINT_STAGE": "given"})
    assert found.stage == "given"
    assert found.ignore == ()
    assert found.file is None


def test_override_puts_what_was_said_on_top(repository: Path) -> None:
    write(repository / "smlint.toml", "stage = 'file'\n[severity]\nSM101 = 'info'\n")
    found = config.override(
        settings(repository), "command line", stage=None, ignore=("SM2",), severity={"SM2": Severity.ERROR}
    )
    assert found.stage == "file"
    assert found.ignore == ("SM2",)
    assert found.severity == {"SM101": Severity.INFO, "SM2": Severity.ERROR}
    assert found.origin("ignore") == "command line"
    assert found.origin("stage") == str(repository / "smlint.toml")


def test_without_a_file_no_toml_reader_is_imported(repository: Path) -> None:
    write(repository / "pyproject.toml", "[project]\nname = 'x'\n")
    program = (
        "import sys; from smlint.config import load; load('.', environ={});"
        "print([name for name in ('tomllib', 'pathspec', 'difflib', 'pathlib') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import sys; sys.path[:0] = " + repr(sys.path) + ";" + program],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
