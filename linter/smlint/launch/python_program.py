"""Whether a Python program installs a handler for a stop signal, read from its source without running it.

Follows imports to modules that lie beside the program, within bounds; a library counts by ``frameworks.toml``, which
says with a source what well-known ones do. Anything else makes the answer unknown.
"""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from smlint.container import Container, FileEntry, FileKind, Known
from smlint.launch.chain import Answer
from smlint.tables import read_table

#: Bounds of the search: modules read, and bytes of source of one of them.
MAX_MODULES: Final = 64
MAX_BYTES: Final = 1_000_000

#: Calls that install a handler for the signals among their arguments, or wait for them, by attribute or name.
_INSTALLERS: Final = frozenset({"signal", "add_signal_handler", "sigwait", "sigtimedwait", "sigwaitinfo"})
#: Calls after which other code runs that this reading does not see.
_HIDES_MORE: Final = frozenset(
    {
        "execv",
        "execve",
        "execvp",
        "execvpe",
        "execl",
        "execle",
        "execlp",
        "execlpe",
        "import_module",
        "run_module",
        "run_path",
    }
)
_NO_HANDLER: Final = frozenset({"SIG_DFL", "SIG_IGN"})


class Handling(NamedTuple):
    """By what a library installs a handler of its own."""

    #: Functions and classes; ``*`` stands for the import itself.
    calls: frozenset[str]
    keywords: frozenset[str]
    #: Calls that may, depending on data that is not in view.
    unclear: frozenset[str]


_NOTHING: Final = Handling(frozenset(), frozenset(), frozenset())


class Frameworks(NamedTuple):
    """What libraries do about SIGTERM, by import name."""

    handling: Mapping[str, Handling]
    #: Libraries that install no handler unless :attr:`handling` says so.
    quiet: frozenset[str]


@cache
def frameworks() -> Frameworks:
    """The table of libraries."""
    table = read_table(__file__, "frameworks.toml")
    handling = {name: _handling(row) for row in table["handling"] for name in row["modules"]}
    quiet = frozenset(name for row in table["quiet"] for name in row["modules"])
    return Frameworks(handling, quiet)


def _handling(row: Mapping[str, Any]) -> Handling:
    return Handling(
        frozenset(row["calls"]), frozenset(row.get("keywords", ())), frozenset(row.get("unclear", ()))
    )


def handles(container: Container, program: FileEntry, signals: frozenset[str], root: str = "") -> Answer:
    """Whether ``program`` installs a handler for one of ``signals`` (``{"SIGTERM"}``).

    ``root`` is where its imports are looked up first: the program's own directory, or the working directory of a
    program started with ``-m``. *No* is only said when every module it imports could be read or is known to install
    none.
    """
    return _Search(container, signals, root or posixpath.dirname(program.path)).answer(program)


class _Search:
    def __init__(self, container: Container, signals: frozenset[str], root: str) -> None:
        self._container = container
        self._signals = signals
        self._seen: set[str] = set()
        self._root = root

    def answer(self, program: FileEntry) -> Answer:
        pending = [program]
        doubt = ""
        while pending:
            entry = pending.pop()
            if entry.path in self._seen:
                continue
            self._seen.add(entry.path)
            if len(self._seen) > MAX_MODULES:
                return Answer(None, "the program has more modules than are read")
            module = parse(entry.content)
            if module is None:
                doubt = doubt or f"{posixpath.basename(entry.path)} cannot be read"
                continue
            found = _Module(module, self._signals)
            if found.installs:
                return Answer(True, f"{posixpath.basename(entry.path)} installs a handler")
            if found.doubt:
                doubt = doubt or found.doubt
            local, reason = self._imported(found.imports, entry)
            doubt = doubt or reason
            pending += local
        return Answer(None, doubt) if doubt else Answer(False, "no signal handler is installed")

    def _imported(self, imports: Iterable[str], importer: FileEntry) -> tuple[list[FileEntry], str]:
        """The local modules among ``imports``, and why the rest leaves a doubt ("" when it does not)."""
        import sys

        local: list[FileEntry] = []
        doubt = ""
        for name in imports:
            top = name.lstrip(".").partition(".")[0]
            if not name.startswith(".") and (top in sys.stdlib_module_names or top in frameworks().quiet):
                continue
            found = list(self._files(name, importer))
            if found:
                local += found
            elif top in frameworks().handling:
                continue
            else:
                doubt = doubt or f"what {name} does with signals is not known"
        return local, doubt

    def _files(self, name: str, importer: FileEntry) -> Iterator[FileEntry]:
        """The files that importing ``name`` reads, outermost package first."""
        stripped = name.lstrip(".")
        level = len(name) - len(stripped)
        base = self._root
        if level:
            base = posixpath.dirname(importer.path)
            for _ in range(level - 1):
                base = posixpath.dirname(base)
        path = base
        for part in stripped.split(".") if stripped else []:
            path = posixpath.join(path, part)
            for candidate in (f"{path}.py", f"{path}/__init__.py"):
                found = self._container.files.lookup(candidate)
                if isinstance(found, Known) and found.value.kind is FileKind.FILE:
                    yield found.value


def parse(content: bytes | None) -> ast.Module | None:
    """The syntax tree of a Python source; None when it cannot be parsed or is too large."""
    if content is None or len(content) > MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _framework(origin: str) -> Handling:
    return frameworks().handling.get(origin.partition(".")[0], _NOTHING)


class _Module:
    """What one module says about signals."""

    def __init__(self, tree: ast.Module, signals: frozenset[str]) -> None:
        self.imports: list[str] = []
        self.installs = False
        self.doubt = ""
        self._signals = signals
        self._origins: dict[str, str] = {}
        nodes = list(ast.walk(tree))
        for node in nodes:
            self._note_import(node)
        self._name_as_in_signal(nodes)
        named = {_last(node) for node in nodes if isinstance(node, ast.Name | ast.Attribute)}
        called = {node.func for node in nodes if isinstance(node, ast.Call)}
        mentioned = (node for node in nodes if isinstance(node, ast.Name | ast.Attribute))
        if any(self._is_installer(node) for node in mentioned if node not in called):
            self.doubt = "the function that installs handlers is handed on"
        elsewhere = _in_other_processes(nodes)
        for node in nodes:
            if node in elsewhere:
                if isinstance(node, ast.Call) and _last(node.func) in _INSTALLERS:
                    self.doubt = self.doubt or "a handler is installed in a process that the program starts"
            elif isinstance(node, ast.Call):
                self._judge(node, named)
            elif isinstance(node, ast.ExceptHandler):
                self._judge_except(node)
        self.installs = self.installs or any(
            "*" in _framework(origin).calls for origin in self._origins.values()
        )

    def _note_import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.imports.append(alias.name)
                self._origins[alias.asname or alias.name.partition(".")[0]] = alias.name
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                name = f"{base}.{alias.name}" if node.module else f"{base}{alias.name}"
                self._origins[alias.asname or alias.name] = name.lstrip(".")
                self.imports.append(name)

    def _name_as_in_signal(self, nodes: Iterable[ast.AST]) -> None:
        """Call what comes from ``signal`` by its own name, whatever ``import … as`` calls it."""
        if "signal.*" in self.imports:
            self._origins.update((name, f"signal.{name}") for name in _INSTALLERS)
        for node in nodes:
            if isinstance(node, ast.Name) and self._origins.get(node.id, "").startswith("signal."):
                origin = self._origins[node.id]
                node.id = origin.removeprefix("signal.")
                self._origins[node.id] = origin

    def _judge(self, call: ast.Call, named: set[str]) -> None:
        name = _last(call.func)
        if name in _INSTALLERS and self._is_signal_call(call.func, name):
            handlers = {_last(argument) for argument in call.args[1:]}
            if name == "signal" and handlers & _NO_HANDLER:
                return
            first = _signal_names(call.args[0]) if call.args else set()
            if first & self._signals:
                self.installs = True
            elif not first and named & self._signals:
                # A loop over signals, or a set of them given a name.
                self.installs = True
            elif not first:
                self.doubt = self.doubt or "a handler is installed for a signal that is not written out"
            return
        blocks = name == "pthread_sigmask" and "SIG_UNBLOCK" not in map(_last, call.args)
        if blocks and self._is_signal_call(call.func, name):
            # Blocked signals are there for somebody to take: a signalfd, a thread, a later wait.
            self.doubt = self.doubt or "signals are blocked, and who takes them is not in view"
        origin = self._origins.get(_first(call.func), "")
        called = {name, origin.rpartition(".")[2]}
        framework = _framework(origin)
        if called & framework.calls or framework.keywords & {word.arg for word in call.keywords if word.arg}:
            self.installs = True
        elif called & framework.unclear:
            self.doubt = self.doubt or f"what {name} is told stands elsewhere"
        elif name in _HIDES_MORE and origin.partition(".")[0] in ("os", "runpy", "importlib"):
            self.doubt = self.doubt or f"what {name}() runs is not read"

    def _is_installer(self, node: ast.Name | ast.Attribute) -> bool:
        """Whether ``node`` names ``signal.signal`` or one of its relatives."""
        if isinstance(node, ast.Attribute):
            origin = f"{self._origins.get(_first(node.value), '')}.{node.attr}"
        else:
            origin = self._origins.get(_first(node), "")
        module, _, name = origin.rpartition(".")
        return module == "signal" and name in _INSTALLERS

    def _is_signal_call(self, function: ast.expr, name: str) -> bool:
        if name == "add_signal_handler":
            return True
        return self._origins.get(_first(function), "").partition(".")[0] == "signal"

    def _judge_except(self, handler: ast.ExceptHandler) -> None:
        # CPython turns SIGINT into KeyboardInterrupt by itself.
        if "SIGINT" in self._signals and handler.type is not None:
            caught = {_last(node) for node in ast.walk(handler.type)}
            self.installs = self.installs or "KeyboardInterrupt" in caught


def _in_other_processes(nodes: list[ast.AST]) -> set[ast.AST]:
    """What stands in functions that are handed to multiprocessing: ``Process(target=work)``, ``Pool(initializer=…)``."""
    handed = {
        _last(word.value)
        for node in nodes
        if isinstance(node, ast.Call) and _last(node.func) in ("Process", "Pool", "ProcessPoolExecutor")
        for word in node.keywords
        if word.arg in ("target", "initializer")
    }
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef) and node.name in handed)
    return {inner for function in functions for inner in ast.walk(function)}


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _first(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


_NUMBERS: Final = {2: "SIGINT", 15: "SIGTERM"}


def _signal_names(node: ast.expr) -> set[str]:
    """The signals written out in an argument: ``signal.SIGTERM``, ``15``, ``{SIGTERM, SIGINT}``, ``Signals.SIGTERM``."""
    found = set()
    for part in ast.walk(node):
        name = _last(part)
        if name.startswith("SIG") and name not in _NO_HANDLER:
            found.add(name)
        elif isinstance(part, ast.Constant) and isinstance(part.value, int):
            found.add(_NUMBERS.get(part.value, f"signal {part.value}"))
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.startswith("SIG"):
            found.add(part.value)
    return found
