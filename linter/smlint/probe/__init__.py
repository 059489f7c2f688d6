"""The live witness: run an image as SageMaker would, stop it as SageMaker would, and say who did not hear.

``plan`` says what is run, ``session`` runs it, ``record`` is what was seen, ``judge`` what it means; the live rules
(SM701 …) make findings of that. Nothing here prints; progress goes through :class:`smlint.probe.progress.Progress`.
"""
