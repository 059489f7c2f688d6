"""Steps of a history to instructions of a Dockerfile: what is paired, and what is left where it stands."""

from __future__ import annotations

import pytest

from smlint.diagnostics import Diagnostic, FileLocation, ImageLocation, Location, Severity
from smlint.image.origin import Origin, align

DOCKERFILE = "FROM base\nENV A=1\nRUN make\nENTRYPOINT []\n"


@pytest.mark.parametrize(
    ("instructions", "history", "expected"),
    [
        (["ENTRYPOINT []"], ["ENTRYPOINT []"], {0: 0}),
        # The base's own ENTRYPOINT comes first, and a cleared one is the closer pair of a cleared one.
        (["ENTRYPOINT []"], ['ENTRYPOINT ["/init"]', "ENTRYPOINT []"], {1: 0}),
        (["CMD []", "ENTRYPOINT []"], ["CMD []", "ENTRYPOINT []"], {0: 0, 1: 1}),
        (["ENTRYPOINT []"], ['ENTRYPOINT ["/init"]'], {0: 0}),
        (["ENTRYPOINT []"], ["CMD []"], {}),
        (["ADD https://example.org/a /a"], ["COPY https://example.org/a /a"], {0: 0}),
        ([], ["RUN make"], {}),
    ],
)
def test_what_is_paired(instructions: list[str], history: list[str], expected: dict[int, int]) -> None:
    assert align(instructions, history) == expected


def related(location: Location) -> Diagnostic:
    diagnostic = Diagnostic("XY001", "of-a-pack", Severity.WARNING, "message", "help", "", location)
    (found,) = Origin(DOCKERFILE, "Dockerfile").relate([diagnostic], ["ENV A=1", "RUN make", "ENTRYPOINT []"])
    return found


def test_a_place_in_the_image_becomes_the_second_one() -> None:
    place = ImageLocation("app", "/opt/a", "sha256:1", "RUN make")
    found = related(place)
    assert isinstance(found.location, FileLocation)
    assert (found.location.path, found.location.line) == ("Dockerfile", 3)
    assert [each.location for each in found.related] == [place]


def test_what_no_instruction_made_stands_on_from() -> None:
    found = related(ImageLocation("app", "/opt/a", None, "RUN of the base"))
    assert isinstance(found.location, FileLocation)
    assert found.location.line == 1


def test_a_rule_of_a_pack_may_name_a_file_itself() -> None:
    place = FileLocation("policy.toml", 7, 1, 7, 2)
    found = related(place)
    assert found.location == place
    assert found.related == ()
