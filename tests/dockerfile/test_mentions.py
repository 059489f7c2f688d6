"""Which RUN lines are read for a path: those that may name it, and none of the many others."""

from __future__ import annotations

import pytest

from smlint.dockerfile import parse
from smlint.dockerfile.mentions import Mentions
from smlint.dockerfile.runs import RunText
from smlint.dockerfile.state import Evaluation, Step

PATH = "/usr/local/bin/train"


def step(run: str, before: str = "WORKDIR /app") -> Step:
    evaluation = Evaluation(parse(f"FROM image\n{before}\nENV BIN=/usr/local/bin\n{run}\n"), "Dockerfile", {})
    return evaluation.state(evaluation.stages.choose(None)).steps[-1]


def mentions(asked: Step) -> Mentions:
    return RunText(asked).mentions


@pytest.mark.parametrize(
    "run",
    [
        "RUN cp train /usr/local/bin/train",
        "RUN cp train /usr/local/bin",
        "RUN cp train $BIN",
        "RUN cp train $OTHER/train",
        "RUN cp train $(dirname $(which pip))/train",
        "RUN cp `which x` /usr/local/bin/train",
        "RUN BIN=/opt && cp train $BIN/train",
        "RUN cd /usr/local/bin && chmod +x train",
        "RUN cd /usr/local && chmod -R +x .",
        "RUN rm -rf /usr/local",
        "RUN rm -rf /",
        "RUN rm -f /usr/*/bin/train",
        "RUN rm -f /usr/local/{bin,lib}/train",
        "RUN sed -i 's;a;b;' /usr/local/bin/train",
        "RUN sed -i 's|a|b|' ../usr/local/bin/train",
        'RUN bash -c "apt-get update && chmod +x /usr/local/bin/train"',
        "RUN echo '#' >/usr/local/bin/train",
        "RUN echo '#' >| /usr/local/bin/train",
        "RUN pip install x > /usr/local/bin/train",
        "RUN mkdir -p /usr/local/bin/train/deep",
        "RUN find / -name train -delete",
        "RUN <<EOF\nset -e\nln -s /opt/x /usr/local/bin/train\nEOF",
        'RUN ["rm", "/usr/local/bin/train"]',
        "RUN cp x /usr/lo\\\ncal/bin/train",
        "RUN for f in train serve; do ln -s /opt/$f /usr/local/bin/$f; done",
    ],
)
def test_that_may_name_it_is_read(run: str) -> None:
    assert mentions(step(run)).may_concern(PATH)


def test_that_links_into_the_working_directory_is_read() -> None:
    assert mentions(step("RUN ln -s /opt/program/train", "WORKDIR /usr/local/bin")).may_concern(PATH)
    assert mentions(step("RUN chmod 755 *", "WORKDIR /usr/local/bin")).may_concern(PATH)
    assert mentions(step("RUN chmod 755 train", "WORKDIR bin")).may_concern(PATH)


@pytest.mark.parametrize(
    "run",
    [
        "RUN apt-get update && apt-get install -y python3 train && rm -rf /var/lib/apt/lists/*",
        "RUN pip install train && rm -rf $HOME/.cache",
        "RUN curl -o /tmp/x.tgz https://example.com/$VERSION && tar xzf /tmp/x.tgz -C /opt",
        "RUN if [ -f /usr/local/bin/train ]; then echo yes; fi",
        "RUN chmod +x train",
        "RUN mkdir -p /opt/{program,ml}",
        "RUN rm -rf build/*",
    ],
)
def test_that_names_other_paths_is_not_read(run: str) -> None:
    assert not mentions(step(run)).may_concern(PATH)


def test_paths_with_characters_of_the_shell_are_always_read() -> None:
    assert mentions(step("RUN rm -rf /opt/other")).may_concern("/opt/my app/train")


def decisive(run: str, before: str = "WORKDIR /app") -> bool:
    return RunText(step(run, before)).deciding.may_concern(PATH)


@pytest.mark.parametrize(
    "run",
    [
        "RUN cp $ANY /usr/local/bin",
        "RUN ln -s $ANY $BIN/train",
        "RUN cp -t /usr/local/bin x train",
        "RUN mv $ANY /opt",
        "RUN rm -rf $ANY",
        "RUN install -m 755 $ANY /opt",
        "RUN sudo rm -rf $ANY",
        "RUN bash -c 'rm -rf $ANY'",
        "RUN d=/usr/local/bin; touch $d/train",
        "RUN : ${D:=/usr/local/bin} && prog $D/train",
        "RUN function f { rm -rf $ANY; }; f",
        "RUN touch $PWD/train",
        "RUN f() { touch $1; }; f /usr/local/bin/train",
        "RUN tar xf x.tgz > /usr/local/bin/train",
        "RUN echo x >> $ANY",
        "RUN prog --out=/usr/local/bin/train",
        "RUN find /usr -name train -delete",
        "RUN sudo find / -delete",
        "RUN cat list | xargs rm -f",
        "RUN wget -O /usr/local/bin/train $ANY",
    ],
)
def test_that_may_decide_whether_it_is_there_is_read(run: str) -> None:
    assert decisive(run)


@pytest.mark.parametrize(
    "run",
    [
        "RUN chmod +x /usr/local/bin/train",
        "RUN sed -i 's/a/b/' /usr/local/bin/train",
        "RUN git clone $ANY /",
        "RUN cd / && wget $ANY",
        "RUN cp /usr/local/bin/train /opt",
        "RUN gpg --recv-keys $ANY > /dev/null 2>&1",
        "RUN prog $(cat list)",
        "RUN find /opt -name '*.pyc' -delete",
        "RUN cat list | xargs apt-get install",
    ],
)
def test_that_only_changes_it_decides_nothing(run: str) -> None:
    assert not decisive(run)
