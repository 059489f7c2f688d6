"""Which paths RUN commands are seen to write: the programs and options that rules about places look for."""

from __future__ import annotations

import pytest

from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container
from smlint_rules.written import written_by

SEEN = {
    "echo a > /x": "/x",
    "echo a >> y 2>/dev/null": "/app/y",
    "> /x": "",
    ": > /x; touch /y": "",
    "echo a | tee /x -a /y": "/x /y",
    "cp a b /x/": "/x/",
    "cp -t /x a": "/x",
    "cp --target-directory=/x a b": "/x",
    "mv a /x": "/x",
    "cp a": "",
    "aws s3 cp s3://b/k /x": "/x",
    "aws s3 cp /x s3://b/k": "",
    "aws ec2 run /x /y": "",
    "git clone https://h/a/b.git": "/app/b",
    "git clone --depth 1 -b main https://h/a/b /x": "/x",
    "git -C /x pull": "",
    "git clone": "",
    "tar xf a.tar -C /x": "/x",
    "tar -xzf a.tgz -C/x": "/x",
    "tar --extract --directory=/x -f a": "/x",
    "tar cf /x/a.tar b": "/x/a.tar",
    "tar czf a.tgz -C /y b": "/app/a.tgz",
    "tar -c b": "",
    "tar": "",
    "curl -o /x https://h/a": "/x",
    "curl -sSLo /x https://h/a": "/x",
    "curl --output=/x https://h/a": "/x",
    "curl -o - https://h/a": "",
    "curl https://h/a": "",
    "curl -O https://h/a/b.tgz?x=1": "/app/b.tgz",
    "curl -sSLO https://h/a/b.tgz": "/app/b.tgz",
    "wget https://h/a/b.tgz": "/app/b.tgz",
    "wget -O /x https://h/a": "/x",
    "wget -O/x https://h/a": "/x",
    "wget -O /dev/null https://h/a": "",
    "wget https://h/": "/app",
    "wget https://h/$NAME": "/app",
    "wget -P /x https://h/a": "/x",
    "unzip a.zip -d /x": "/x",
    "unzip a.zip": "/app",
}


@pytest.mark.parametrize("command", SEEN)
def test_written_paths(command: str) -> None:
    text = f"FROM scratch\nWORKDIR /app\nRUN {command}\n"
    container = build_container(parse(text), path="Dockerfile", context=None)
    found = written_by(container.evidence.run_commands(""))
    assert [each.path for each in found] == SEEN[command].split()
