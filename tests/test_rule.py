"""What a rule's level means for the assumed workloads."""

from smlint.diagnostics import Severity
from smlint.rule import level_for
from smlint.workload import Workload


def test_a_plain_level_holds_for_every_workload() -> None:
    assert level_for(Severity.INFO, [Workload.PROCESSING]) is Severity.INFO


def test_the_worst_of_the_assumed_workloads_counts() -> None:
    level = {Workload.INFERENCE: Severity.WARNING, Workload.TRAINING: Severity.INFO}
    assert level_for(level, [Workload.TRAINING, Workload.INFERENCE]) is Severity.WARNING


def test_a_workload_without_a_level_gives_no_finding() -> None:
    assert level_for({Workload.INFERENCE: Severity.ERROR}, [Workload.PROCESSING]) is None
