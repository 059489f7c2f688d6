"""``python -m smlint.request.refresh``: copy what is checked of the installed botocore's API model into the package."""

from __future__ import annotations

import datetime
import json
import sys

from smlint.request.shapes import DATA_FILE, from_botocore


def main() -> int:
    """Write the data file; 2 when botocore is missing."""
    model = from_botocore()
    if model is None:
        sys.stderr.write("botocore is not installed; `pip install smlint[aws]` brings it\n")
        return 2
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    source = "https://github.com/boto/botocore/tree/develop/botocore/data/sagemaker"
    with open(DATA_FILE, "w", encoding="utf-8") as stream:
        stream.write(text({"date": today, "source": source, **model}))
    return 0


def text(document: dict[str, object]) -> str:
    """The document with one line per shape, so that what AWS changes can be read in a diff."""
    head = {key: value for key, value in document.items() if key != "shapes"}
    shapes = document["shapes"]
    assert isinstance(shapes, dict)
    lines = [f"  {json.dumps(name)}: {json.dumps(shape)}" for name, shape in shapes.items()]
    return json.dumps(head, indent=1)[:-2] + ',\n "shapes": {\n' + ",\n".join(lines) + "\n }\n}\n"


if __name__ == "__main__":
    raise SystemExit(main())
