"""The live probe: run an image as SageMaker would, stop it, and say who did not hear."""
