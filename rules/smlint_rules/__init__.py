"""The SageMaker rule pack: one rule, one file. Imports only smlint's public model."""

from typing import Final

#: Code to ``module:Class``; a rule's module is imported only when the rule is needed.
RULES: Final[dict[str, str]] = {}
