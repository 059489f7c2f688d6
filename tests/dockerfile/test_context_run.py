"""What RUN commands do to files that were copied, and which files they write themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from smlint.container import ABSENT, UNRESOLVED, Fact, FileEntry, FileKind, Known, Unknown
from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container

SCRIPT = "#!/bin/sh\r\nexec python train.py\r\n"
MENDED = "#!/bin/sh\nexec python train.py\n"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "run.sh").write_bytes(SCRIPT.encode())
    (tmp_path / "scripts" / "a.sh").write_bytes(b"a")
    (tmp_path / "run.sh").chmod(0o644)
    (tmp_path / "scripts" / "a.sh").chmod(0o644)
    return tmp_path


def look(run: str, path: str, context: Path) -> Fact[FileEntry]:
    text = f"FROM image\nWORKDIR /app\nENV D=/app\nCOPY . .\n{run}\n"
    return build_container(parse(text), path="Dockerfile", context=str(context)).files.lookup(path)


def known(fact: Fact[FileEntry]) -> FileEntry:
    assert isinstance(fact, Known), fact
    return fact.value


@pytest.mark.parametrize(
    ("run", "mode"),
    [
        ("RUN chmod +x run.sh", 0o755),
        ("RUN chmod 700 /app/run.sh", 0o700),
        ("RUN chmod u+x,g-r ./run.sh", 0o704),
        ("RUN chmod -x run.sh", 0o644),
        ("RUN chmod a=rx run.sh", 0o555),
        ("RUN chmod +x /app/*.sh", 0o755),
        ("RUN chmod +x /app/{run,other}.sh", 0o755),
        ("RUN chmod -R 755 /app", 0o755),
        ("RUN chmod -R a+x .", 0o755),
        ("RUN chmod +x $D/run.sh", 0o755),
        ("RUN cd / && chmod +x app/run.sh", 0o755),
        ("RUN sudo chmod +x run.sh", 0o755),
        ("RUN bash -c 'chmod +x run.sh'", 0o755),
        ('RUN ["chmod", "+x", "/app/run.sh"]', 0o755),
        ("RUN <<EOF\nset -e\nchmod +x run.sh\nEOF", 0o755),
        ("RUN <<EOF\n#!/usr/bin/env bash\nchmod +x run.sh\nEOF", 0o755),
        ('SHELL ["/bin/bash", "-lc"]\nRUN chmod +x run.sh', 0o755),
        ("RUN for f in run other; do chmod +x $f.sh; done", 0o755),
        ("RUN find . -name '*.sh' -exec chmod +x {} \\;", 0o755),
        ("RUN find /app -type f -name '*.sh' -exec chmod 750 {} +", 0o750),
        ("RUN chmod +x run.sh && chmod 600 run.sh", 0o600),
        ("RUN install -m 755 other /usr/bin/other", 0o644),
        ("RUN chmod +x other.sh", 0o644),
        ("RUN chmod 755 /app", 0o644),
        ("RUN chmod -R 755 /application", 0o644),
        ("RUN chown -R 1000 /app", 0o644),
        ("RUN apt-mark showmanual | xargs apt-mark auto", 0o644),
        ("RUN cat list | xargs -n 1 pip install", 0o644),
        ("RUN find . -name '*.py' -exec chmod +x {} \\;", 0o644),
        ("RUN rm -rf /var/lib/apt/lists/* /tmp/*", 0o644),
        ("RUN pip install -r requirements.txt && make", 0o644),
        ("RUN echo chmod +x run.sh", 0o644),
        ("RUN bash run.sh", 0o644),
        ("RUN cat run.sh | grep exec > /tmp/out", 0o644),
        (
            "RUN chmod 644 run.sh && touch other && sed -i s/a/b/ other.sh && dos2unix other.sh && date | tee /etc/built",
            0o644,
        ),
        ("RUN chmod 644 run.sh && chmod -R || cp --version || mv --version", 0o644),
        ("RUN []", 0o644),
        # Where no shell expands them, braces are a part of the name.
        ('RUN ["rm", "-f", "{run,other}.sh"]', 0o644),
        ('RUN ["rm", "-f", "*.sh"]', 0o644),
        ('RUN ["chmod", "+x", "*.sh"]', 0o644),
        ('RUN ["sudo", "chmod", "+x", "r?n.sh"]', 0o644),
        ('RUN ["sh", "-c", "chmod +x *.sh"]', 0o755),
        ('RUN ["find", ".", "-name", "*.sh", "-exec", "chmod", "+x", "{}", "+"]', 0o755),
        ('SHELL ["/bin/bash", "-e", "-c"]\nRUN cp $X y; chmod +x run.sh', 0o755),
        # which files, or which mode, is not known
        ("RUN chmod $MODE run.sh", None),
        ("RUN chmod $MODE run.sh && chmod g+r,o+x run.sh", None),
        ("RUN chmod +x $FILES", None),
        ("RUN ls | xargs chmod +x", None),
        ("RUN find . ! -name x -exec chmod +x {} \\;", None),
    ],
)
def test_mode(context: Path, run: str, mode: int | None) -> None:
    entry = known(look(run, "/app/run.sh", context))
    assert entry.mode == mode
    assert entry.content == SCRIPT.encode()


@pytest.mark.parametrize(
    ("run", "content"),
    [
        ("RUN dos2unix run.sh", MENDED),
        ("RUN dos2unix /app/*.sh", MENDED),
        ("RUN sed -i 's/\\r$//' run.sh", MENDED),
        ("RUN sed -i 's/\\r//g' /app/run.sh", MENDED),
        ('RUN sed -i -e "s/\\r$//" run.sh', MENDED),
        ("RUN find . -name '*.sh' -exec dos2unix {} +", MENDED),
        ("RUN sed -i 's/a/b/' other.sh", SCRIPT),
        ("RUN sed 's/a/b/' run.sh", SCRIPT),
        ("RUN sed -i 's/python/python3/' run.sh", None),
        ("RUN unix2dos run.sh", None),
        ("RUN find . -type f | xargs sed -i 's/a/b/'", None),
        ("RUN curl -o run.sh https://example.com", None),
        ("RUN wget -O /app/run.sh https://example.com", None),
        ("RUN python make.py > run.sh", None),
        ("RUN echo x | tee run.sh", None),
        ("RUN > run.sh", ""),
        ("RUN true > run.sh", ""),
        ("RUN >> run.sh", SCRIPT),
        ("RUN printf >> run.sh", None),
    ],
)
def test_content(context: Path, run: str, content: str | None) -> None:
    entry = known(look(run, "/app/run.sh", context))
    assert entry.content == (None if content is None else content.encode())
    assert entry.mode == 0o644


@pytest.mark.parametrize(
    ("run", "path", "content"),
    [
        ("RUN echo 'exec run' > /start", "/start", "exec run\n"),
        ("RUN echo -n one > /start", "/start", "one"),
        ('RUN echo "D=$D X=$X" > /start', "/start", f"D=/app X={UNRESOLVED}\n"),
        ("RUN printf '#!/bin/sh\\nexec %s\\n' python > /start", "/start", "#!/bin/sh\nexec python\n"),
        ("RUN printf '%s\\n' '#!/bin/sh' 'exec run' > /start", "/start", "#!/bin/sh\nexec run\n"),
        ("RUN echo one > /start && echo two >> /start", "/start", "one\ntwo\n"),
        ("RUN cat <<'X' > /start\n#!/bin/sh\nexec $1\nX", "/start", "#!/bin/sh\nexec $1\n"),
        ("RUN <<EOF\ncat > /start <<'X'\nexec $1\nX\nEOF", "/start", "exec $1\n"),
        ("RUN echo x > start", "/app/start", "x\n"),
        ("RUN cp scripts/a.sh /start", "/start", "a"),
        ("RUN cp scripts/a.sh /usr/local/bin", "/usr/local/bin/a.sh", "a"),
        ("RUN cp scripts/a.sh /usr/local/bin/", "/usr/local/bin/a.sh", "a"),
        ("RUN mkdir -p /x && cp scripts/a.sh /x", "/x/a.sh", "a"),
        ("RUN cp scripts/*.sh /x/", "/x/a.sh", "a"),
        ("RUN cp -t /x run.sh scripts/a.sh", "/x/a.sh", "a"),
        ("RUN cp -r scripts /x", "/x/a.sh", "a"),
        ("RUN cp -r scripts/. /x/", "/x/a.sh", "a"),
        ("RUN mv scripts/a.sh /start", "/start", "a"),
        ("RUN mv scripts /x", "/x/a.sh", "a"),
        ("RUN cd scripts && mv a.sh /start", "/start", "a"),
        ("RUN ln -s /app/scripts/a.sh /start", "/start", "a"),
        ("RUN ln -s scripts/a.sh start", "/app/start", "a"),
        ("RUN ln -sf /app/scripts/a.sh /usr/local/bin/", "/usr/local/bin/a.sh", "a"),
        ("RUN ln -s /app/scripts /x", "/x/a.sh", "a"),
        ("RUN ln /app/scripts/a.sh /start", "/start", "a"),
        ("RUN ln -s a.sh scripts/b.sh", "/app/scripts/b.sh", "a"),
        ("RUN ln -s /later /start\nCOPY scripts/a.sh /later", "/start", "a"),
        ("RUN mv scripts/a.sh b && mv b c", "/app/c", "a"),
        ("RUN mkdir /x && ln -s /app/run.sh /x", "/x/run.sh", SCRIPT),
        ("RUN echo x > scripts/a.sh\nCOPY scripts/a.sh /app/scripts/a.sh", "/app/scripts/a.sh", "a"),
    ],
)
def test_files_made_by_runs(context: Path, run: str, path: str, content: str) -> None:
    assert known(look(run, path, context)).content == content.encode()


@pytest.mark.parametrize(
    ("run", "path"),
    [
        ("RUN rm run.sh", "/app/run.sh"),
        ("RUN rm -rf /app", "/app/run.sh"),
        ("RUN rm *.sh", "/app/run.sh"),
        ("RUN mv run.sh other.sh", "/app/run.sh"),
        ("RUN mv /app /x", "/app/run.sh"),
        ("RUN unlink run.sh", "/app/run.sh"),
        ("RUN rm run.sh; sed -i 's/a/b/' run.sh; dos2unix run.sh", "/app/run.sh"),
    ],
)
def test_taken_away(context: Path, run: str, path: str) -> None:
    assert look(run, path, context) is ABSENT


@pytest.mark.parametrize(
    ("run", "path"),
    [
        ("RUN rm -rf $TEMP", "/app/run.sh"),
        ("RUN mv $FROM $TO", "/app/run.sh"),
        ("RUN find . -delete", "/app/run.sh"),
        ("RUN find . -name '*.sh' -exec perltidy {} \\;", "/app/run.sh"),
        ("RUN find . -name '*.sh' | xargs rm", "/app/run.sh"),
        ("RUN python patch.py run.sh", "/app/run.sh"),
        ("RUN patch run.sh < x.patch", "/app/run.sh"),
        ("RUN gcc -o run.sh x.c", "/app/run.sh"),
        ("RUN make --output=run.sh", "/app/run.sh"),
        ("RUN echo x > $OUT", "/app/run.sh"),
        ("RUN rm -rf /app && git clone https://example.com/app /app", "/app/run.sh"),
        ("RUN rm run.sh && curl -L https://example.com | tar xz -C /app", "/app/run.sh"),
        ("RUN cp run.sh /x/", "/x/other.sh"),
        ("RUN ln -s $TARGET /start", "/start"),
        ("RUN install -m 755 $START /start", "/start"),
        ("RUN dos2unix /etc/profile", "/etc/profile"),
        ('SHELL ["python3", "-c"]\nRUN <<EOF\nopen("run.sh", "w")\nEOF', "/app/run.sh"),
        ("RUN pip install sagemaker-training", "/usr/local/bin/train"),
        ('SHELL ["powershell", "-Command"]\nRUN Set-Content run.sh x', "/app/run.sh"),
        ("RUN <<EOF\n#!/usr/bin/env python\nopen('run.sh', 'w')\nEOF", "/app/run.sh"),
    ],
)
def test_unknown(context: Path, run: str, path: str) -> None:
    assert isinstance(look(run, path, context), Unknown)


@pytest.mark.parametrize(
    "run",
    [
        'SHELL ["powershell", "-Command"]\nRUN Get-Item x',
        "RUN <<EOF\n#!/usr/bin/env python\nprint('hello')\nEOF",
        "RUN git clone https://example.com/app && tar xf x.tar",
        "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*",
    ],
)
def test_left_alone(context: Path, run: str) -> None:
    assert known(look(run, "/app/run.sh", context)).content == SCRIPT.encode()


def test_an_executable_stays_known_to_be_one(context: Path) -> None:
    """``chmod +x`` makes a file executable whatever the base image's version of it was."""
    entry = known(look("RUN echo x > /entrypoint.sh && chmod +x /entrypoint.sh", "/entrypoint.sh", context))
    assert entry.mode is not None
    assert entry.mode & 0o111 == 0o111


def test_a_file_that_replaces_one_of_the_base_image_has_an_unknown_mode(context: Path) -> None:
    assert known(look("RUN echo x > /docker-entrypoint.sh", "/docker-entrypoint.sh", context)).mode is None


@pytest.mark.parametrize(
    ("run", "path", "mode"),
    [
        ("RUN install run.sh /start", "/start", 0o755),
        ("RUN install -m 700 run.sh /start", "/start", 0o700),
        ("RUN install -Dm644 run.sh /x/y/start", "/x/y/start", 0o644),
        ("RUN install --mode=0500 run.sh /usr/local/bin/", "/usr/local/bin/run.sh", 0o500),
        ("RUN install -t /usr/local/bin run.sh", "/usr/local/bin/run.sh", 0o755),
        ("RUN install -m $M run.sh /start", "/start", None),
        ("RUN install run.sh /start && chmod 600 run.sh", "/start", 0o755),
        ("RUN chmod 600 run.sh && install run.sh /start", "/start", 0o755),
    ],
)
def test_installed(context: Path, run: str, path: str, mode: int | None) -> None:
    entry = known(look(run, path, context))
    assert entry.mode == mode
    assert entry.content == SCRIPT.encode()


@pytest.mark.parametrize(
    ("run", "size"),
    [("RUN rm run.sh && echo hi > run.sh", 3), ("RUN rm run.sh && touch run.sh", 0)],
)
def test_a_file_that_is_made_anew_has_a_mode_of_its_own(context: Path, run: str, size: int) -> None:
    entry = known(look(f"RUN chmod 755 run.sh\n{run}", "/app/run.sh", context))
    assert (entry.mode, entry.size) == (0o644, size)


def test_what_is_appended_to_a_file_that_nobody_knows_is_not_all_of_it(context: Path) -> None:
    entry = known(look("RUN echo 'exec run' >> /etc/profile", "/etc/profile", context))
    assert (entry.content, entry.size, entry.mode) == (None, None, None)


def test_a_directory_that_is_made_again_stays_as_it_was(context: Path) -> None:
    entry = known(look("RUN chmod 700 scripts && mkdir -p scripts", "/app/scripts", context))
    assert (entry.kind, entry.mode) == (FileKind.DIRECTORY, 0o700)


def test_directories(context: Path) -> None:
    assert known(look("RUN mkdir -p /opt/ml/code", "/opt/ml", context)).kind is FileKind.DIRECTORY
    assert known(look("RUN touch /opt/flag", "/opt/flag", context)).kind is FileKind.FILE


def test_a_scratch_image_with_runs_may_have_anything(tmp_path: Path) -> None:
    text = "FROM scratch\nADD rootfs.tar.gz /\nRUN make install\n"
    container = build_container(parse(text), path="Dockerfile", context=str(tmp_path))
    assert isinstance(container.files.lookup("/usr/bin/train"), Unknown)


def test_files_of_other_stages_are_as_their_runs_left_them(context: Path) -> None:
    text = (
        "FROM image AS build\nWORKDIR /src\nCOPY run.sh .\nRUN dos2unix run.sh && chmod 755 run.sh\n"
        "FROM image\nCOPY --from=build /src/run.sh /run.sh\n"
    )
    entry = known(build_container(parse(text), path="D", context=str(context)).files.lookup("/run.sh"))
    assert entry.mode == 0o755
    assert entry.content == MENDED.encode()


@pytest.mark.parametrize(
    ("body", "path", "mode"),
    [
        ("COPY run.sh .", "run.sh", 0o644),
        ("COPY run.sh ./", "./run.sh", 0o644),
        ("COPY . .", "scripts/a.sh", 0o644),
        ("COPY . code", "code/scripts/a.sh", 0o644),
        ("COPY run.sh start\nRUN chmod +x start", "start", 0o755),
        ("COPY . .\nRUN chmod +x *.sh", "run.sh", 0o755),
        ("COPY . .\nRUN cd $X && chmod +x run.sh", "run.sh", None),
        ("COPY . .\nRUN ln -s run.sh go", "go", 0o644),
        ("COPY run.sh /run.sh\nRUN ln -s /run.sh go", "go", 0o644),
        ("RUN echo x > go && chmod +x go", "go", 0o755),
    ],
)
def test_below_the_working_directory_of_the_base_image(
    context: Path, body: str, path: str, mode: int | None
) -> None:
    """Nobody knows which directory it is, but COPY and ENTRYPOINT mean the same one."""
    container = build_container(parse(f"FROM image\n{body}\n"), path="Dockerfile", context=str(context))
    entry = known(container.files.lookup(f"{UNRESOLVED}/{path}"))
    assert entry.mode == mode
    assert entry.path.startswith(("/run.sh", f"{UNRESOLVED}/"))


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("COPY run.sh .", "other.sh"),
        ("COPY run.sh .", "../run.sh"),
        ("WORKDIR $X\nCOPY run.sh .", "run.sh"),
        ("COPY run.sh .\nWORKDIR /app", "run.sh"),
        ("COPY run.sh $X/", "run.sh"),
        ("COPY run.sh .\nRUN rm $X", "run.sh"),
    ],
)
def test_what_may_lie_elsewhere_stays_unknown(context: Path, body: str, path: str) -> None:
    container = build_container(parse(f"FROM image\n{body}\n"), path="Dockerfile", context=str(context))
    assert isinstance(container.files.lookup(f"{UNRESOLVED}/{path}"), Unknown)
    assert isinstance(container.files.lookup(f"/app/{path}"), Unknown)


@pytest.mark.parametrize("run", ["ln -s run.sh l && chmod +x l", "ln \\\n -s run.sh l; chmod +x ./l"])
def test_a_link_in_the_directory_of_the_base_image(context: Path, run: str) -> None:
    text = f"FROM image\nCOPY run.sh .\nRUN {run}\n"
    files = build_container(parse(text), path="Dockerfile", context=str(context)).files
    assert known(files.lookup(f"{UNRESOLVED}/run.sh")).mode is None
