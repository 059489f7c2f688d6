"""Docstrings as data."""

from __future__ import annotations

import pytest

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.documentation import Block, MissingDocumentationError, documentation, markdown
from smlint.rule import EngineRule, Heading


class Complete(EngineRule):
    """Something is wrong.

    What it checks
    --------------
    This.

    Why it matters on SageMaker
    ---------------------------
    See https://example.com/why for more.

    Example
    -------
    ```dockerfile
    FROM a

    ENTRYPOINT b
    ```
    ```sh run.sh
    # What it checks
    ```

    Use instead
    -----------
    ```dockerfile
    FROM a
    ```

    References
    ----------
    - [The page](https://docs.aws.amazon.com/x.html)
    - https://docs.docker.com/y
    """

    code = "SM999"
    name = "something"
    level = Severity.ERROR
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})


def test_the_parts_of_a_docstring() -> None:
    page = documentation(Complete)
    assert page.summary == "Something is wrong."
    assert page.references == ("https://docs.aws.amazon.com/x.html", "https://docs.docker.com/y")
    assert page.blocks(Heading.EXAMPLE) == (
        Block("dockerfile", "", "FROM a\n\nENTRYPOINT b\n"),
        Block("sh", "run.sh", "# What it checks\n"),
    )


def test_findings_link_to_the_first_reference() -> None:
    assert Complete.url() == "https://docs.aws.amazon.com/x.html"


def test_the_page_names_level_and_witnesses() -> None:
    text = markdown(Complete)
    assert text.startswith(
        "# SM999 something\n\nSomething is wrong.\n\nLevel: error. Seen in: dockerfile, image.\n"
    )
    assert "## Use instead\n\n```dockerfile\nFROM a\n```\n" in text


@pytest.mark.parametrize("heading", Heading)
def test_a_missing_heading_is_named(heading: Heading) -> None:
    doc = (Complete.__doc__ or "").replace(heading, "Other text")
    rule = type("Rule", (Complete,), {"__doc__": doc})
    with pytest.raises(MissingDocumentationError, match=heading):
        documentation(rule)


def test_headings_in_another_order_are_named() -> None:
    text = (Complete.__doc__ or "").replace("What it checks\n    -", "Use instead\n    -", 1)
    first, _, last = text.rpartition("Use instead\n    -")
    rule = type("Rule", (Complete,), {"__doc__": f"{first}What it checks\n    -{last}"})
    with pytest.raises(
        MissingDocumentationError, match="SM999: the headings stand in the order Use instead, Why"
    ):
        documentation(rule)


def test_a_docstring_without_a_summary_is_refused() -> None:
    doc = (Complete.__doc__ or "").replace("Something is wrong.", "", 1)
    rule = type("Rule", (Complete,), {"__doc__": doc})
    # The first heading stands in its place then.
    with pytest.raises(MissingDocumentationError, match="no text under 'What it checks'"):
        documentation(rule)
