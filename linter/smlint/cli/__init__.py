"""The command line: wiring only, one module per command."""


def run() -> None:
    """Entry point of the ``smlint`` command."""
    raise SystemExit(2)
