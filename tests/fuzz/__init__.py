"""Coverage-guided fuzzing with atheris (``pip install "smlint[fuzz]"``); each module is a target: ``python -m tests.fuzz.dockerfile``.

Arguments go to libFuzzer: ``-max_total_time=600``, a folder with a corpus …
"""
