"""Dockerfiles: text to instructions, instructions to stages, the judged stage to a Container."""
