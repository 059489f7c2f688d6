"""Values at pointers: what is there, what a number or truth value may be written as, and where a repeated key stands."""

from __future__ import annotations

import json

import pytest

from smlint.container import ABSENT, Known, Unknown
from smlint.request import Kind, parse, requests
from smlint.request.instances import instance_types
from smlint.request.value import Value


def value(body: object) -> Value:
    document = parse("a.json", json.dumps(body).encode())
    return Value(document, document.roots[0])


BODY = {"a": {"b/c": [{"d~": 1}, 2]}, "empty": []}


@pytest.mark.parametrize(
    ("pointer", "reached"),
    [
        ("", ""),
        ("/a/b~1c/0/d~0", "/a/b~1c/0/d~0"),
        ("/a/b~1c/1", "/a/b~1c/1"),
        ("/a/b~1c/2", "/a/b~1c"),
        ("/a/b~1c/x", "/a/b~1c"),
        ("/a/b~1c/1/deeper", "/a/b~1c/1"),
        ("/a/none/0", "/a"),
        ("/empty/0", "/empty"),
        ("/none", ""),
    ],
)
def test_a_pointer_leads_as_far_as_there_is_something(pointer: str, reached: str) -> None:
    assert value(BODY).at(pointer).pointer == reached


@pytest.mark.parametrize(
    ("written", "number"),
    [
        *[(3600, 3600), ("3600", 3600), ("0", 0), (-1, -1)],
        *[(each, None) for each in ("1.5", 1.5, "-1", "٣", "9" * 30, True, "", [3600], {"Ref": "Runtime"})],
    ],
)
def test_a_whole_number_may_be_a_text_as_in_templates(written: object, number: int | None) -> None:
    found = value({"a": {"n": written}}).integer("a", "n")
    if number is None:
        assert isinstance(found, Unknown)
    else:
        assert isinstance(found, Known)
        assert found.value == number


def test_what_is_null_or_not_there_is_absent() -> None:
    assert value({"a": None}).integer("a") is ABSENT
    assert value({}).text("a") is ABSENT


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('{"a": {"x": 1}, "b": 1, "b": 2}', ["/b"]),
        ('{"a": [{"x": 1, "x": 2}, {"y": 1}], "b": 3, "b": 4}', ["/a/0/x", "/b"]),
        ('{"a": [[{"x": 1}], {"x": 1, "x": 2}]}', ["/a/1/x"]),
        ('{"a": {"b": {"c": {}}}, "d": {"e/f": 1, "e/f": 2}}', ["/d/e~1f"]),
    ],
)
def test_a_repeated_key_is_told_with_the_pointer_of_its_own_object(text: str, pointers: list[str]) -> None:
    problems = parse("a.json", text.encode()).problems()
    assert sorted(each.location.pointer for each in problems) == sorted(pointers)


def test_a_processing_job_runs_on_the_instances_of_its_cluster() -> None:
    body = {
        "AppSpecification": {},
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.c7g.large"}},
    }
    (request,) = requests(parse("a.json", json.dumps(body).encode()))
    assert request.kind is Kind.PROCESSING_JOB
    (found,) = instance_types(request)
    assert found.value == "ml.c7g.large"
    location = found.location
    assert location is not None
    assert location[1] == "/ProcessingResources/ClusterConfig/InstanceType"
