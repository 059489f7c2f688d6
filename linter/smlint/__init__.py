"""smlint, the linter for containers that must run on Amazon SageMaker: the engine.

The rules themselves live in ``smlint_rules`` (and in third-party packs); this package never imports them
except through the registry in :mod:`smlint.rule`.
"""

__version__ = "0.1.0"
