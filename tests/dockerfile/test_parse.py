"""The Dockerfile reader against BuildKit's own parser, on inputs written by hand."""

from __future__ import annotations

import pytest

from smlint.dockerfile import DockerfileSyntaxError, parse
from tests.conformance.oracle import difference

CASES = {
    "plain": "FROM a\nRUN b\n",
    "no line feed at the end": "FROM a\nRUN b",
    "continuation at the end": "FROM a\nRUN b \\\n",
    "continuation at the very end": "FROM a\nRUN b \\",
    "blank lines and comments inside a continuation": "FROM a\nRUN b \\\n# c\n\n  # d\n  && e\n",
    "keyword split": "FROM a\nRU\\\nN b\n",
    "doubled escape is no continuation": "FROM a\nRUN b \\\\\nRUN c\n",
    "byte order mark": "\ufeffFROM a\nRUN b\n",
    "carriage returns": "FROM a\r\nRUN b \\\r\n  c\r\nRUN <<E\r\nd\r\nE\r\n",
    "tabs": "\tFROM\ta\n\tRUN\tb\t\\\t\n\tc\n",
    "keywords that Go folds": "FROM a\nWOR\u212aDIR /b\nU\u017fER c\nWORKD\u0130R d\n",
    "lower case": "from a\nrun b\n",
    "escape directive": "# syntax=x\n# escape=`\nFROM a\nRUN b `\n c \\\nRUN d\n",
    "repeated directive": "# escape=`\n# escape=`\nFROM a\n",
    "wrong escape": "# escape=x\nFROM a\n",
    "directive after a comment": "# hello\n# escape=`\nFROM a\\\n\n",
    "heredocs": "FROM a\nRUN <<A cat <<-'B'\nx\nA\n\ty\n\tB\nCOPY <<C <<\"D\" /d\nC\nz\nD\n",
    "heredoc names": 'FROM a\nRUN <<$A <<\\B <<b\\\'c <<\'d e\' <<"$F" <<"g\\\\h" <<"i\\$" <<j1 3<<$1\n'
    "$A\nB\nb'c\nd e\n$F\ng\\h\ni$\nj1\n$1\n",
    "heredoc among substitutions": 'FROM a\nRUN ${X:-a b} ${Y-$Z} ${W?"v"} $? $1a $$ < b <<A\nA\n',
    "heredoc behind a broken substitution": "FROM a\nRUN ${X:- <<A\nRUN ${ <<A\nRUN ${} <<A\nRUN ${X^} <<A\nRUN \"a <<A\nRUN '$ <<A\n",
    "heredoc that is none": "FROM a\nRUN echo it's <<EOF\nRUN b\n",
    "heredoc in an exec form": 'FROM a\nRUN ["cat", "<<EOF"]\nRUN b\n',
    "heredoc not closed": "FROM a\nRUN <<EOF\nb\n",
    "heredoc in ONBUILD": "FROM a\nONBUILD RUN <<EOF\nb\nEOF\nRUN c\n",
    "flags": 'FROM --platform=x a\nRUN --mount=type=bind,src="a b" --network=none --security=insecure b --c\n',
    "flags end at --": "FROM a\nRUN --network=none -- --mount=x b\n",
    "flags that are not ASCII": "FROM a\nCOPY --from=é --chown=à b c\n",
    "exec forms": 'FROM a\nCMD [ "a" , "\\u00e9\\ud83d\\ude00\\ud800" ]\nENTRYPOINT []\nSHELL ["a"]\nVOLUME ["/a b"]\n',
    "malformed exec forms": 'FROM a\nCMD [\'a\']\nRUN ["a",]\nCMD ["a"] b\nENTRYPOINT [NaN]\nCMD [1e999]\n',
    "exec form with a number": 'FROM a\nCMD ["a", 1]\n',
    "pairs": "FROM a\nENV a b  c\nENV a=\"b c\" d=e\\ f g='h'\nLABEL x=\nARG a b=c\n",
    "pairs gone wrong": "FROM a\nENV a=b c\n",
    "escape character at the end": "FROM a\nENV a=b \\\f\nLABEL c=d\\\\\\\nENV e f\\\\\\\nARG g \\\f\n",
    "heredoc without a name": "FROM a\nRUN cat <<\"\" <<'' b\nRUN c\n",
    "health check": 'FROM a\nHEALTHCHECK --interval=3s CMD ["a"]\nHEALTHCHECK NONE\nHEALTHCHECK CMD b c\n',
    "empty": "",
    "only comments": "# a\n\n# b\n",
    "long line": "FROM a\nRUN " + "x" * 65531 + "\n",
    "too long line": "FROM a\nRUN " + "x" * 65532 + "\n",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_reads_as_buildkit(text: str) -> None:
    assert not difference(text)


REFUSED = {
    "FRM a\n": (1, "unknown instruction 'FRM'; did you mean FROM"),
    'FROM a\ncmd["b"]\n': (2, "a space is missing behind CMD"),
    "FROM a\nmkdir /b\n": (2, "unknown instruction 'mkdir'$"),
    "FROM a\n\nFOO b\n": (3, "FOO"),
    "RUN a\nFROM b\n": (1, "before the first FROM"),
    "ARG a\n": (1, "no FROM"),
    "FROM\n": (1, "FROM"),
    "FROM a b\n": (1, "AS"),
    "FROM a AS 1b\n": (1, "1b"),
    "FROM a\nCOPY b\n": (2, "destination"),
    "FROM a\nCOPY b <<EOF\nEOF\n": (2, "heredoc"),
    "FROM a\nCOPY --form=b c d\n": (2, "--form"),
    "FROM a\nCOPY --from c d\n": (2, "--from"),
    "FROM a\nCOPY --link=x c d\n": (2, "--link"),
    "FROM a\nCOPY --chown=x --chown=y c d\n": (2, "--chown"),
    "FROM a\nRUN --network=x b\n": (2, "--network"),
    "FROM a\nRUN --security=x b\n": (2, "--security"),
    "FROM a\nRUN --mount=from=$X b\n": (2, "variables"),
    'FROM a\nRUN --mount=a\\"b b\n': (2, "commas"),
    "FROM a\nENV =b\n": (2, "name"),
    "FROM a\nARG =b\n": (2, "name"),
    "FROM a\nVOLUME []\n": (2, "VOLUME"),
    'FROM a\nVOLUME [""]\n': (2, "empty path"),
    "FROM a\nSHELL bash\n": (2, "JSON"),
    "FROM a\nONBUILD ONBUILD RUN b\n": (2, "ONBUILD"),
    "FROM a\nONBUILD FROM b\n": (2, "FROM"),
    "FROM a\nHEALTHCHECK b\n": (2, "CMD"),
    "FROM a\nHEALTHCHECK CMD\n": (2, "command"),
    "FROM a\nHEALTHCHECK NONE b\n": (2, "NONE"),
    "FROM a\nHEALTHCHECK --interval=3 CMD b\n": (2, "--interval"),
    "FROM a\nHEALTHCHECK --interval=3us CMD b\n": (2, "--interval"),
    "FROM a\nHEALTHCHECK --retries=-1 CMD b\n": (2, "--retries"),
    "FROM a\nUSER\n": (2, "USER"),
    "FROM a\nENV\n": (2, "ENV needs an argument"),
    "FROM a\nARG \\": (2, "ARG needs an argument"),
    "FROM a\nARG \\\f\n": (2, "ARG needs an argument"),
    "FROM a\nVOLUME\n": (2, "VOLUME needs an argument"),
    "FROM a\nLABEL =b\n": (2, "name"),
    "FROM a\nHEALTHCHECK --interval=1s\n": (2, "HEALTHCHECK needs CMD"),
    "FROM a\nHEALTHCHECK --every=1s CMD b\n": (2, "--every"),
    "FROM a\nONBUILD #\nONBUILD\n": (3, "ONBUILD needs an argument"),
    'FROM a\nCOPY ["b", "<<E"]\n': (2, "heredoc"),
    'FROM a\nRUN <<"${X" b\nUSER c d\nRUN <<E': (4, "'E' is not closed"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_refuses_what_buildkit_refuses_after_parsing(text: str) -> None:
    line, word = REFUSED[text]
    with pytest.raises(DockerfileSyntaxError, match=word) as caught:
        parse(text)
    assert caught.value.line == line


ACCEPTED = (
    "FROM a\nRUN\n",
    "FROM a\nCMD\n",
    "FROM a\nENTRYPOINT []\n",
    "ARG a=b\nFROM a\n",
    "FROM a as B\n",
    "FROM a\nONBUILD FOO\n",
    "FROM a\nHEALTHCHECK --x=y NONE\n",
    "FROM a\nHEALTHCHECK --interval=1h2.5m --timeout=0 --retries=+3 CMD b\n",
    "FROM a\nCOPY --link --parents=TRUE --exclude=a --exclude=b c d\n",
    'FROM a\nRUN --mount=\\"type=bind,src=a\\",rw --mount=from=b$ c\n',
    "FROM a\nARG --x b\n",
    "FROM a\nHEALTHCHECK --interval= --retries= CMD b\n",
    "FROM a\nVOLUME /b\nRUN --network=none --security=insecure --device=c d\n",
    'FROM a\nCOPY ["b", "<<\'E"]\n',
)


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepts_what_buildkit_accepts_after_parsing(text: str) -> None:
    parse(text)


def heredocs(command: str) -> list[str]:
    """The names of the heredocs of ``RUN command``."""
    dockerfile = parse(f"FROM a\nRUN {command}\nA\nB\n")
    return [each.name for each in dockerfile.instructions[1].heredocs]


class TestNewerThanTheOracle:
    """Where the oracle's BuildKit differs from today's: each row of the conformance test's list, as today's has it."""

    def test_check_is_a_directive(self) -> None:
        dockerfile = parse("# check=skip=all\n# escape=`\nFROM a `\n\n")
        assert [each.name for each in dockerfile.directives] == ["check", "escape"]
        assert dockerfile.instructions[0].value == "a"
        with pytest.raises(DockerfileSyntaxError, match="only once"):
            parse("# check=skip=all\n# check=error=true\nFROM a\n")

    def test_any_space_may_stand_before_a_directive_s_name(self) -> None:
        assert parse("#\u00a0escape=`\nFROM a\n").escape == "`"

    @pytest.mark.parametrize("word", ["${X#y}", "${X%%y}", "${X/y/z}", "${X//y/z}"])
    def test_patterns_in_substitutions_do_not_hide_a_heredoc(self, word: str) -> None:
        assert heredocs(f"echo {word} <<B\nA") == ["B"]

    def test_a_substitution_makes_the_word_before_it_vanish(self) -> None:
        with pytest.raises(DockerfileSyntaxError, match="unknown instruction 'A'"):
            heredocs("<<A${X:-y}")

    def test_blanks_may_stand_before_a_heredoc_s_name(self) -> None:
        assert heredocs("<< \tB > c\nA") == ["B"]
        with pytest.raises(DockerfileSyntaxError, match="unknown instruction 'A'"):
            heredocs("<<- A")

    def test_the_escape_directive_holds_in_flags(self) -> None:
        copy = parse("# escape=`\nFROM a\nCOPY --from=b` c --chown=d\\ e f\n").instructions[1]
        assert [(flag.name, flag.value) for flag in copy.flags] == [("from", "b c"), ("chown", "d\\")]

    def test_nothing_may_follow_an_exec_form(self) -> None:
        assert parse('FROM a\nCMD ["b"] # c\n').instructions[1].exec_form is None
        with pytest.raises(DockerfileSyntaxError, match="SHELL"):
            parse('FROM a\nSHELL ["b"],\n')
