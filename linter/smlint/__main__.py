"""``python -m smlint``: the command, where its folder is not on the PATH."""

from smlint.cli import run

if __name__ == "__main__":
    run()
