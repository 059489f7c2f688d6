"""Request files, good and broken: positions are those of the text, and nothing is worse than one clear refusal."""

from __future__ import annotations

import io
import json
import resource
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smlint.request import Document, RequestSyntaxError, parse, read
from smlint.request.document import MAX_BYTES
from smlint.request.nodes import MAX_DEPTH, Array, Node, Object, Reference, Scalar

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def plain(node: Node) -> object:
    if isinstance(node, Object):
        return {entry.key: plain(entry.value) for entry in node.entries}
    if isinstance(node, Array):
        return [plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else node.reason


def nodes(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Object):
        for entry in node.entries:
            yield from nodes(entry.value)
    if isinstance(node, Array):
        for item in node.items:
            yield from nodes(item)


def refusal(path: str, data: bytes) -> RequestSyntaxError:
    with pytest.raises(RequestSyntaxError) as caught:
        parse(path, data)
    return caught.value


def attempt(path: str, data: bytes) -> Document | RequestSyntaxError:
    try:
        return parse(path, data)
    except RequestSyntaxError as error:
        return error


def reads(name: str, text: str) -> object:
    return plain(parse(name, text.encode()).roots[0])


class TestJson:
    # U+FFFC and `$`, `{%` make references; the values here are those that stay values.
    @given(
        JSON_VALUES.filter(lambda value: "$" not in json.dumps(value) and "{" not in json.dumps(value)[1:])
    )
    def test_values_are_those_of_the_standard_library(self, value: object) -> None:
        for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent="\t")):
            if value == "" or text.strip():
                assert reads("a.json", text) == json.loads(text)

    @given(JSON_VALUES)
    def test_every_span_holds_its_value(self, value: object) -> None:
        document = parse("a.json", json.dumps(value, indent=1, ensure_ascii=False).encode())
        for node in nodes(document.roots[0]):
            text = document.text[node.span.start : node.span.end]
            if not isinstance(node, Reference):
                assert json.loads(text) is not None or text == "null"

    @given(
        st.binary()
        | st.text(alphabet='{}[]",:\\u0eE+-.1tfn \n\t/*é\ud800').map(lambda s: s.encode(errors="replace"))
    )
    def test_nothing_but_a_refusal_comes_of_any_bytes(self, data: bytes) -> None:
        outcome = attempt("a.json", data)
        if isinstance(outcome, RequestSyntaxError):
            assert min(outcome.line, outcome.column) >= 1
        else:
            json.loads(outcome.text)

    @pytest.mark.parametrize(
        ("text", "line", "column", "message"),
        [
            ('{\n  "a": 1,\n}', 2, 9, "a comma stands before '}'; JSON has no trailing commas"),
            ('{"a": 1', 1, 8, "expected ',' or '}', found the end of the file"),
            ("{a: 1}", 1, 2, "expected a member name in double quotes, found 'a'"),
            ("{'a': 1}", 1, 2, 'expected a member name in double quotes, found "\'"'),
            ('{"a" 1}', 1, 6, "expected ':', found '1'"),
            ('{"a": "b\nc"}', 1, 9, "broken string: Invalid control character at"),
            ('{"a": 01}', 1, 8, "expected ',' or '}', found '1'"),
            ('{"a": NaN}', 1, 7, "expected a value, found 'N'"),
            (
                '{"a": 1} // b',
                1,
                10,
                "expected the end of the file, found a comment, which JSON does not have",
            ),
            ('{"é": [1 2]}', 1, 10, "expected ',' or ']', found '2'"),
        ],
    )
    def test_refusals_say_where_and_what_was_expected(
        self, text: str, line: int, column: int, message: str
    ) -> None:
        error = refusal("a.json", text.encode())
        assert (error.line, error.column, str(error)) == (line, column, message)

    def test_what_yaml_would_read_otherwise(self) -> None:
        long = "k" * 2000
        text = '{\t"a":\t1e3, "b": "\\ud83d\\ude00", "c": "\\ud800", "d": "\\/", "LONG": -0, "e": "yes"}'
        text = text.replace("LONG", long)
        assert reads("a.json", text) == {
            "a": 1000.0,
            "b": "😀",
            "c": "\N{REPLACEMENT CHARACTER}",
            "d": "/",
            long: 0,
            "e": "yes",
        }

    def test_an_endless_number_is_a_number(self) -> None:
        assert reads("a.json", "9" * 10_000) == float("inf")


class TestYaml:
    def test_types_are_those_of_yaml(self) -> None:
        text = (
            "a: 1\nb: true\nc: 1.5\nd: ~\ne: '1'\nf: 2020-01-01\ng: |\n  x\n  y\n1: z\nh: !!str 1\ni: 1e3\n"
        )
        assert reads("a.yaml", text) == {
            "a": 1,
            "b": True,
            "c": 1.5,
            "d": None,
            "e": "1",
            "f": "2020-01-01",
            "g": "x\ny\n",
            "1": "z",
            "h": "1",
            "i": "1e3",
        }

    def test_comments_alone_are_no_request(self) -> None:
        with pytest.raises(RequestSyntaxError, match="nothing but comments"):
            parse("a.yaml", b"# a: 1\n")

    def test_what_yaml_1_1_and_1_2_read_in_two_ways_is_unknown(self) -> None:
        root = parse("a.yaml", b"a: [yes, No, ON, off, 1:30, 'yes', y]\nyes: &x 1\non: *x\n").roots[0]
        assert isinstance(root, Object)
        assert [entry.key for entry in root.entries] == ["a", "yes", "on"]
        words = root.entries[0].value
        assert isinstance(words, Array)
        assert [type(item) for item in words.items] == [Reference] * 5 + [Scalar] * 2

    def test_local_tags_are_references(self) -> None:
        root = parse("a.yaml", b"a: !Ref x\nb: !Sub\n  - c\n  - {d: e}\nc: !GetAtt [a, b]\n").roots[0]
        assert isinstance(root, Object)
        assert [type(entry.value) for entry in root.entries] == [Reference] * 3

    def test_no_tag_constructs_anything(self) -> None:
        assert reads("a.yaml", "a: !!python/object/apply:os.getcwd []") == {"a": []}
        assert reads("a.yaml", "a: !!int x") == {"a": "x"}

    def test_spans_of_block_and_flow(self) -> None:
        document = parse("a.yaml", "# é\na:\n  - b\n  - c: d  # comment\n\ne: [f,\n  g]\n".encode())
        texts = {document.text[node.span.start : node.span.end] for node in nodes(document.roots[0])}
        assert texts >= {"- b\n  - c: d", "c: d", "d", "[f,\n  g]", "g"}

    def test_several_documents(self) -> None:
        assert [plain(root) for root in parse("a.yml", b"---\na: 1\n---\na: 2\n...\n").roots] == [
            {"a": 1},
            {"a": 2},
        ]

    def test_merge_keys(self) -> None:
        text = "x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  a: 3\nz:\n  <<: [*x, {c: 4}]\n"
        read_as = reads("a.yaml", text)
        assert isinstance(read_as, dict)
        assert (read_as["y"], read_as["z"]) == ({"a": 3, "b": 2}, {"a": 1, "b": 2, "c": 4})

    @pytest.mark.parametrize(
        "text", ["a: *b", "a: &b [*b]", "a: [", "a: b: c", "\ta: 1", "a: '", "? [x]\n: y", "\x01"]
    )
    def test_broken_text_is_refused_with_a_place(self, text: str) -> None:
        error = refusal("a.yaml", text.encode())
        assert error.line == 1
        assert str(error)

    def test_a_bomb_of_aliases_is_refused(self) -> None:
        lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 200))]
        assert "aliases counted" in str(refusal("a.yaml", "\n".join(lines).encode()))

    def test_nesting_through_aliases_is_refused(self) -> None:
        lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 1000))]
        assert "levels deep, aliases followed" in str(refusal("a.yaml", "\n".join(lines).encode()))

    @given(st.binary() | st.text(alphabet="ab:-[]{},&*!|>#'\"\n\t ?%@é1~<", max_size=40).map(str.encode))
    def test_nothing_but_a_refusal_comes_of_any_bytes(self, data: bytes) -> None:
        outcome = attempt("a.yaml", data)
        if isinstance(outcome, RequestSyntaxError):
            assert min(outcome.line, outcome.column) >= 1
        else:
            for root in outcome.roots:
                for node in nodes(root):
                    assert 0 <= node.span.start <= node.span.end <= len(outcome.text)

    @pytest.mark.parametrize("text", ["a: !Ref x\nb: [1, {c: é}]\n", "a: [\n", "a: &x b\nc: *x\n"])
    def test_both_of_pyyamls_readers_agree(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def outcome() -> object:
            try:
                return parse("a.yaml", text.encode()).roots
            except RequestSyntaxError as error:
                return error.line

        fast = outcome()
        monkeypatch.setattr("yaml.CSafeLoader", __import__("yaml").SafeLoader)
        assert outcome() == fast


class TestEither:
    @pytest.mark.parametrize("name", ["a.json", "a.yaml", "-"])
    @pytest.mark.parametrize("opening", ["[", '{"a":', "{a: [", "- "])
    def test_ten_thousand_levels_are_refused(self, name: str, opening: str) -> None:
        refusal(name, opening.encode() * 10_000)

    @pytest.mark.parametrize("name", ["a.json", "a.yaml"])
    def test_the_deepest_file_is_read(self, name: str) -> None:
        text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
        assert plain(parse(name, text.encode()).roots[0]) is not None
        assert "levels deep" in str(refusal(name, b"[" + text.encode() + b"]"))

    def test_a_hundred_megabytes_are_refused_unread(self) -> None:
        class Endless(io.RawIOBase):
            taken = 0

            def readable(self) -> bool:
                return True

            def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
                buffer[:] = b" " * len(buffer)
                self.taken += len(buffer)
                return len(buffer)

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        stream = Endless()
        with pytest.raises(RequestSyntaxError, match="larger than 4 MiB"):
            read(io.BufferedReader(stream))
        assert stream.taken < 2 * MAX_BYTES
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024

    @pytest.mark.parametrize("data", [b"", b" \n\t", b"\xef\xbb\xbf"])
    def test_nothing_is_no_request(self, data: bytes) -> None:
        assert "empty" in str(refusal("a.json", data))

    def test_other_encodings_are_refused_where_they_begin(self) -> None:
        error = refusal("a.yaml", b"a: b\nc: \xff")
        assert (error.line, error.column, str(error)) == (2, 4, "the file is not UTF-8")
        refusal("a.json", '{"a": 1}'.encode("utf-16"))

    def test_a_byte_order_mark_moves_nothing(self) -> None:
        for name in ("a.json", "a.yaml"):
            document = parse(name, b'\xef\xbb\xbf{"a": 1}')
            assert document.location(document.roots[0].span, "").column == 1

    @pytest.mark.parametrize(
        ("name", "text", "place"),
        [
            ("a.json", '{"b": {"a": 1,\n "a": 2}}', (2, 2, 2, 5)),
            ("a.yaml", "b:\n  a: 1\n  a: 2\n", (3, 3, 3, 4)),
        ],
    )
    def test_repeated_keys_are_found_and_the_last_counts(
        self, name: str, text: str, place: tuple[int, int, int, int]
    ) -> None:
        document: Document = parse(name, text.encode())
        assert [tuple(problem.location)[2:] for problem in document.problems()] == [place]
        assert plain(document.roots[0]) == {"b": {"a": 2}}

    @pytest.mark.parametrize(
        "text",
        [
            '{"a": {"Get": "Parameters.X"}}',
            '{"a": {"Ref": "X"}}',
            '{"a": {"Fn::Sub": "X"}}',
            '{"a.$": "$.x"}',
            '{"a": "{% $states.input.x %}"}',
            '{"a": {"Std:Join": {"On": "/", "Values": []}}}',
        ],
    )
    def test_references_are_no_values(self, text: str) -> None:
        root = parse("-", text.encode()).roots[0]
        assert isinstance(root, Object)
        assert isinstance(root.get("a"), Reference)

    @pytest.mark.parametrize("text", ['{"a": {"Get": "x"}}', '{"a": {"Ref": "X", "b": 1}}', '{".$": "$.x"}'])
    def test_what_only_looks_like_a_reference_is_a_value(self, text: str) -> None:
        assert reads("-", text) == json.loads(text)
