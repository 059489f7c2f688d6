"""What well-known base images bring: the data file is complete, and names find their rows."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path
from typing import Any

import pytest

from smlint.container import UNRESOLVED
from smlint.dockerfile import bases
from smlint.dockerfile.bases import BaseKnowledge, base_knowledge

DATA = Path(bases.__file__).with_name("bases.toml")
ROWS: list[dict[str, Any]] = tomllib.loads(DATA.read_text())["image"]
KEYS = {*BaseKnowledge._fields} - {"sources", "read"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['repositories'][0]}:{row.get('tags', ['*'])[0]}")
def test_every_row_says_where_and_when_it_was_read(row: dict[str, Any]) -> None:
    assert row["source"].startswith("https://")
    assert datetime.date(2026, 1, 1) <= row["read"]
    facts = row.keys() - {"repositories", "tags", "source", "read"}
    assert facts
    assert facts <= KEYS
    assert row.get("bin_sh") in (None, "dash", "bash", "busybox", "none")
    assert set(row.get("commands", ())) <= {"train", "serve", "python"}
    assert "init" not in row or row["init"] in row["entrypoint"]


@pytest.mark.parametrize(
    ("reference", "fact", "value"),
    [
        ("jupyter/scipy-notebook", "entrypoint", ("tini", "-g", "--", "start.sh")),
        ("quay.io/jupyter/base-notebook:2026-01-01", "init", "tini"),
        ("docker.io/jupyter/minimal-notebook", "shell", ("/bin/bash", "-o", "pipefail", "-c")),
        ("condaforge/miniforge3:24.3.0-0", "init", "tini"),
        ("python", "bin_sh", "dash"),
        ("python:3.11-slim", "bin_sh", "dash"),
        ("python:3.11-alpine", "bin_sh", "busybox"),
        ("python:3.11-alpine", "entrypoint", ()),
        ("docker.io/library/python:3", "cmd", ("python3",)),
        ("public.ecr.aws/docker/library/python:3.12", "cmd", ("python3",)),
        ("index.docker.io/library/debian@sha256:abc", "bin_sh", "dash"),
        ("nginx:1.27", "stop_signal", "SIGQUIT"),
        ("httpd", "stop_signal", "SIGWINCH"),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "entrypoint", ("/opt/nvidia/nvidia_entrypoint.sh",)),
        ("nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04", "bin_sh", "dash"),
        ("nvidia/cuda:12.4.1-base-ubuntu22.04", "entrypoint", None),
        ("nvidia/cuda:12.9.1-base-amzn2023", "bin_sh", "bash"),
        (
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-gpu-py311-cu124-ubuntu22.04-sagemaker",
            "entrypoint",
            ("bash", "-m", "start_with_right_hostname.sh"),
        ),
        (f"python:{UNRESOLVED}", "cmd", ("python3",)),
        (f"nvidia/cuda:{UNRESOLVED}-runtime-ubuntu22.04", "entrypoint", None),
        ("mambaorg/micromamba:2.0", "user", "mambauser"),
        ("eclipse-temurin:17-jdk-jammy", "entrypoint", ("/__cacert_entrypoint.sh",)),
    ],
)
def test_names_find_their_rows(reference: str, fact: str, value: object) -> None:
    known = base_knowledge(reference)
    found = None if known is None else getattr(known, fact)
    assert found == value


@pytest.mark.parametrize(
    "reference",
    [
        "",
        UNRESOLVED,
        f"{UNRESOLVED}:3",
        "scratch",
        "mycompany/python",
        "registry.local:5000/python:3",
        "pythonic",
    ],
)
def test_other_images_are_not_known(reference: str) -> None:
    assert base_knowledge(reference) is None


def test_knowledge_names_its_sources() -> None:
    known = base_knowledge("jupyter/scipy-notebook")
    assert known is not None
    assert len(known.sources) == 2
    assert known.read == datetime.date(2026, 11, 21)
