"""Differential tests of the Dockerfile reader against BuildKit's own parser (``python -m tests.conformance --help``)."""
