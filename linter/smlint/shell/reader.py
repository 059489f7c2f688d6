"""Makes :mod:`smlint.shell.syntax` of tree-sitter's nodes; :mod:`smlint.shell.parse` is what calls it.

tree-sitter recovers from errors by guessing; whatever it guessed at becomes :class:`~smlint.shell.syntax.Opaque`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from smlint.shell.pieces import is_several, join, written
from smlint.shell.quotes import test_words
from smlint.shell.source import Source
from smlint.shell.syntax import (
    AndOr,
    Assignment,
    Block,
    Case,
    CaseItem,
    Function,
    Group,
    If,
    Loop,
    LoopKind,
    Negated,
    Node,
    Opaque,
    Piece,
    Pipeline,
    Redirected,
    Redirection,
    Simple,
    Statement,
    redirect_last,
)

if TYPE_CHECKING:
    import tree_sitter

#: Nesting of compound commands that is followed; Python's own stack allows no more.
_NESTING: Final = 60

_RESERVED: Final = frozenset(
    ("if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "in", "{", "}",
     "!", "[[", "]]", "function", "select", "coproc")
)  # fmt: skip


class Reader:
    """Reads the nodes of one text."""

    def __init__(self, source: Source) -> None:
        self._source = source
        #: Whether something was no syntax; the tree does not know of all of it.
        self.has_error = False
        #: Ends of assignments behind which tree-sitter has passed over the end of the line, to a command that is not theirs.
        self.passed_over: list[int] = []

    def block(self, nodes: list[tree_sitter.Node], depth: int) -> Block:
        """The statements among ``nodes``: commands, and the ``;``, ``&`` and newlines between them."""
        statements: list[Statement] = []
        joined_by = ";"
        for node in nodes:
            if node.type in ("comment", "heredoc_body"):
                continue
            if not node.is_named:
                if node.type == "&" and statements:
                    statements[-1] = statements[-1]._replace(background=True)
                    joined_by = "&"
                elif node.type == ";":
                    joined_by = ";"
                continue
            if node.is_error and statements and joined_by == "" and not self._on_new_line(node):
                # The error is a part of the command in front of it: an open quote, for one.
                statements.pop()
            statements.append(Statement(self.node(node, depth), False, joined_by or ";"))
            joined_by = ""
        return tuple(statements)

    def _on_new_line(self, node: tree_sitter.Node) -> bool:
        text = self._source.text
        return not text[text.rfind("\n", 0, node.start_byte) + 1 : node.start_byte].strip()

    def node(self, node: tree_sitter.Node, depth: int) -> Node:
        """One command, simple or compound."""
        found = self._node(node, depth)
        self.has_error = self.has_error or (isinstance(found, Opaque) and found.is_error)
        return found

    def _node(self, node: tree_sitter.Node, depth: int) -> Node:
        start, end = node.start_byte, node.end_byte
        if depth > _NESTING or node.is_error or node.is_missing:
            return Opaque(start, end, node.is_error or node.is_missing)
        read = _READERS.get(node.type)
        if read is None or (node.has_error and node.type in _ATOMIC):
            return Opaque(start, end, node.has_error)
        return read(self, node, depth + 1)

    def simple(self, node: tree_sitter.Node, depth: int) -> Node:
        assignments: list[Assignment] = []
        words: list[Piece] = []
        redirects: list[Redirection] = []
        end = node.start_byte
        for child in node.children:
            if child.type == "comment":
                continue
            if assignments and not words and "\n" in self._source.text[end : child.start_byte]:
                self.passed_over.append(end)
            self._gap(end, child.start_byte, words)
            end = child.end_byte
            if child.type == "variable_assignment":
                assignments.append(self._assignment(child, depth))
            elif child.type.endswith("_redirect"):
                redirects += self._redirect(child, depth, words)
            elif child.type in ("subshell", "compound_statement"):
                # ``time ( … )`` and ``coproc { … }`` are read as a word and a compound command.
                return Opaque(node.start_byte, node.end_byte, True)
            else:
                self._word(child, depth, words)
        return self._checked(node, assignments, words, redirects)

    def declaration(self, node: tree_sitter.Node, depth: int) -> Node:
        words: list[Piece] = []
        arrays: list[Assignment] = []
        for child in node.children:
            if child.type == "variable_assignment" and self._is_array(child):
                arrays.append(self._assignment(child, depth))
                words.append(Piece(child.start_byte, child.end_byte, self._substitutions(child, depth)))
            else:
                self._word(child, depth, words)
        return self._checked(node, arrays, words, [])

    def assignments(self, node: tree_sitter.Node, depth: int) -> Node:
        children = [node] if node.type == "variable_assignment" else node.named_children
        found = tuple(self._assignment(child, depth) for child in children)
        return Simple(node.start_byte, node.end_byte, found, (), ())

    def test(self, node: tree_sitter.Node, depth: int) -> Node:
        spans = test_words(self._source.text, node.start_byte, node.end_byte)
        words = [Piece(start, end) for start, end in spans]
        substitutions = self._substitutions(node, depth)
        if substitutions:
            words[0] = words[0]._replace(substitutions=substitutions)
        return Simple(node.start_byte, node.end_byte, (), tuple(words), ())

    def pipeline(self, node: tree_sitter.Node, depth: int) -> Node:
        parts = [self.node(child, depth) for child in node.named_children if child.type != "comment"]
        negated = bool(parts) and isinstance(parts[0], Negated)
        if negated and isinstance(parts[0], Negated):
            # ``! a | b`` negates the whole pipeline.
            parts[0] = parts[0].body
        whole = Pipeline(node.start_byte, node.end_byte, tuple(parts))
        return Negated(node.start_byte, node.end_byte, whole) if negated else whole

    def negated(self, node: tree_sitter.Node, depth: int) -> Node:
        # What tree-sitter skipped may stand in front of the command.
        return Negated(node.start_byte, node.end_byte, self.node(node.named_children[-1], depth))

    def and_or(self, node: tree_sitter.Node, depth: int) -> Node:
        chain: list[tuple[str, Node]] = []
        here = node
        while here.type == "list":
            operands = [child for child in here.named_children if child.type != "comment"]
            operator = next((child.type for child in here.children if child.type in ("&&", "||")), "")
            if len(operands) != 2 or not operator:
                return Opaque(node.start_byte, node.end_byte, node.has_error)
            chain.append((operator, self.node(operands[1], depth)))
            here = operands[0]
        return AndOr(node.start_byte, node.end_byte, self.node(here, depth), tuple(reversed(chain)))

    def group(self, node: tree_sitter.Node, depth: int) -> Node:
        if node.children[0].type == "((":
            return Opaque(node.start_byte, node.end_byte, False)
        body = self.block(node.children[1:], depth)
        return Group(node.start_byte, node.end_byte, body, node.type == "subshell")

    def redirected(self, node: tree_sitter.Node, depth: int) -> Node:
        extra: list[Piece] = []
        redirects: list[Redirection] = []
        end = node.start_byte
        for child in node.children:
            self._gap(end, child.start_byte, extra)
            end = child.end_byte
            if child.type.endswith("_redirect"):
                redirects += self._redirect(child, depth, extra)
        inner = node.child_by_field_name("body")
        if inner is None:
            return Simple(node.start_byte, node.end_byte, (), tuple(extra), tuple(redirects))
        body = self.node(inner, depth)
        if isinstance(body, Simple):
            # The words behind ``> file`` belong to the command.
            return body._replace(
                start=node.start_byte,
                end=node.end_byte,
                words=(*body.words, *extra),
                redirects=(*body.redirects, *redirects),
            )
        if extra or isinstance(body, Opaque):
            return Opaque(node.start_byte, node.end_byte, True)
        if isinstance(body, AndOr | Pipeline | Negated):
            return redirect_last(body, tuple(redirects))
        return Redirected(node.start_byte, node.end_byte, body, tuple(redirects))

    def conditional(self, node: tree_sitter.Node, depth: int) -> Node:
        branches = [self._branch(node.children, depth)]
        otherwise: Block | None = None
        for child in node.children:
            if child.type == "elif_clause":
                branches.append(self._branch(child.children, depth))
            elif child.type == "else_clause":
                otherwise = self.block(child.children[1:], depth)
        return If(node.start_byte, node.end_byte, tuple(branches), otherwise)

    def _branch(self, nodes: list[tree_sitter.Node], depth: int) -> tuple[Block, Block]:
        then = next((at for at, child in enumerate(nodes) if child.type == "then"), len(nodes))
        body = [
            child for child in nodes[then + 1 :] if child.type not in ("elif_clause", "else_clause", "fi")
        ]
        return self.block(nodes[1:then], depth), self.block(body, depth)

    def case(self, node: tree_sitter.Node, depth: int) -> Node:
        word = _field(node, "value")
        items = [self._case_item(child, depth) for child in node.named_children if child.type == "case_item"]
        return Case(node.start_byte, node.end_byte, self._piece(word, depth), tuple(items))

    def _case_item(self, node: tree_sitter.Node, depth: int) -> CaseItem:
        close = next((at for at, child in enumerate(node.children) if child.type == ")"), 0)
        head, body = node.children[:close], node.children[close + 1 :]
        patterns: list[Piece] = []
        for child in head:
            if child.is_named:
                self._word(child, depth, patterns)
        end = next((child.type for child in reversed(body) if child.type in (";;", ";&", ";;&")), ";;")
        body = [child for child in body if child.type not in (";;", ";&", ";;&")]
        return CaseItem(tuple(patterns), self.block(body, depth), end)

    def loop(self, node: tree_sitter.Node, depth: int) -> Node:
        body = _field(node, "body")
        kind = LoopKind.ARITHMETIC
        if node.type != "c_style_for_statement":
            kind = LoopKind(node.children[0].type)
        condition: Block = ()
        words: list[Piece] = []
        if kind in (LoopKind.WHILE, LoopKind.UNTIL):
            condition = self.block(node.children_by_field_name("condition"), depth)
        for child in node.children_by_field_name("value"):
            self._word(child, depth, words)
        listed = any(child.type == "in" for child in node.children)
        variable = node.child_by_field_name("variable")
        name = "" if variable is None else self._text(variable)
        return Loop(
            node.start_byte,
            node.end_byte,
            kind,
            condition,
            name,
            tuple(words) if listed else None,
            self.block(body.children[1:], depth),
        )

    def function(self, node: tree_sitter.Node, depth: int) -> Node:
        name, body = _field(node, "name"), _field(node, "body")
        return Function(node.start_byte, node.end_byte, self._text(name), self.node(body, depth))

    def _checked(
        self,
        node: tree_sitter.Node,
        assignments: list[Assignment],
        words: list[Piece],
        redirects: list[Redirection],
    ) -> Node:
        if words and self._source.text[words[0].start : words[0].end] in _RESERVED:
            return Opaque(node.start_byte, node.end_byte, True)
        return Simple(node.start_byte, node.end_byte, tuple(assignments), tuple(words), tuple(redirects))

    def _text(self, node: tree_sitter.Node) -> str:
        return self._source.text[node.start_byte : node.end_byte]

    def _piece(self, node: tree_sitter.Node, depth: int) -> Piece:
        return Piece(node.start_byte, node.end_byte, self._substitutions(node, depth))

    def _word(self, node: tree_sitter.Node, depth: int, words: list[Piece]) -> None:
        if is_several(node, self._source.text):
            self._gap(node.start_byte, node.end_byte, words)
        else:
            join(words, self._piece(node, depth))

    def _gap(self, start: int, end: int, words: list[Piece]) -> None:
        """Words that tree-sitter passes over: a lone ``\\ `` between blanks, for one."""
        for piece in written(self._source.text, start, end):
            join(words, piece)

    def _is_array(self, node: tree_sitter.Node) -> bool:
        value = node.child_by_field_name("value")
        return value is not None and value.type == "array"

    def _assignment(self, node: tree_sitter.Node, depth: int) -> Assignment:
        name = node.child_by_field_name("name")
        plain = name is not None and name.type == "variable_name" and not self._is_array(node)
        sign = next((child for child in node.children if child.type in ("=", "+=")), None)
        value: Piece | None = None
        if plain and sign is not None and sign.type == "=":
            value = Piece(sign.end_byte, node.end_byte)
        called = "" if name is None else self._text(name).partition("[")[0]
        elements: list[Piece] | None = None
        array = node.child_by_field_name("value")
        if array is not None and self._is_array(node):
            elements = []
            for child in array.named_children:
                if child.type != "comment":
                    self._word(child, depth, elements)
        return Assignment(
            called or self._text(node),
            value,
            node.start_byte,
            node.end_byte,
            self._substitutions(node, depth),
            None if elements is None else tuple(elements),
            sign is not None and sign.type == "+=",
        )

    def _redirect(self, node: tree_sitter.Node, depth: int, extra: list[Piece]) -> Iterator[Redirection]:
        descriptor = operator = ""
        at = node.start_byte
        targets: list[Piece] = []
        for child in node.children:
            if child.type == "file_descriptor":
                descriptor = self._text(child)
            elif not child.is_named and not operator:
                operator, at = child.type, child.start_byte
            else:
                self._word(child, depth, targets)
        heredoc = self._source.heredocs.get(at)
        if heredoc is not None:
            operator = heredoc.operator
        extra += targets[1:]
        yield Redirection(operator, descriptor, targets[0] if targets else None, at)

    def _substitutions(self, node: tree_sitter.Node, depth: int) -> tuple[Block, ...]:
        """The command and process substitutions in ``node``, outermost ones only."""
        if node.type in ("word", "number", "raw_string"):
            return ()
        found: list[Block] = []
        open_nodes = [node]
        while open_nodes:
            here = open_nodes.pop()
            if here.type in ("command_substitution", "process_substitution"):
                if depth <= _NESTING:
                    found.append(self.block(here.children[1:-1], depth + 1))
                continue
            open_nodes += reversed(here.children)
        return tuple(found)


def _field(node: tree_sitter.Node, name: str) -> tree_sitter.Node:
    """A part without which the grammar has no such node; where the text lacks it, tree-sitter reports an error instead."""
    field = node.child_by_field_name(name)
    assert field is not None
    return field


#: Nodes that say nothing when a part of them was not understood.
_ATOMIC: Final = frozenset(
    ("command", "declaration_command", "unset_command", "test_command", "variable_assignment", "pipeline")
)
_READERS: Final = {
    "command": Reader.simple,
    "declaration_command": Reader.declaration,
    "unset_command": Reader.declaration,
    "variable_assignment": Reader.assignments,
    "variable_assignments": Reader.assignments,
    "test_command": Reader.test,
    "pipeline": Reader.pipeline,
    "negated_command": Reader.negated,
    "list": Reader.and_or,
    "compound_statement": Reader.group,
    "subshell": Reader.group,
    "redirected_statement": Reader.redirected,
    "if_statement": Reader.conditional,
    "case_statement": Reader.case,
    "for_statement": Reader.loop,
    "c_style_for_statement": Reader.loop,
    "while_statement": Reader.loop,
    "function_definition": Reader.function,
}
