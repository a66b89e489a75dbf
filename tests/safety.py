"""What no file of the project may do: run data as code, or hand text to a shell.

Python is read as a tree, with every alias that an import makes; what Snakemake reads is no plain
Python, so its names are looked at one by one.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Reading what they wrote runs it.
PICKLES = (
    *("pickle", "_pickle", "pickletools", "cPickle", "dill", "cloudpickle", "joblib"),
    *("marshal", "shelve", "jsonpickle", "pandas.compat.pickle_compat"),
)
NAMES = frozenset(
    (
        *(
            "eval",
            "exec",
            "__import__",
            "__builtins__",
            "builtins.eval",
            "builtins.exec",
            "builtins.__import__",
        ),
        *("os.system", "os.popen", "pty.spawn", "asyncio.create_subprocess_shell"),
        *("subprocess.getoutput", "subprocess.getstatusoutput"),
        *("numpy.lib.format.open_memmap", "pandas.eval", "pandas.read_pickle"),
        *("torch.hub.load", "torch.jit.load", "torch.package.PackageImporter"),
        *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.unsafe_load_all"),
        *("yaml.full_load", "yaml.full_load_all", "yaml.UnsafeLoader", "yaml.FullLoader"),
        *("yaml.Loader", "yaml.CLoader", "yaml.CFullLoader", "yaml.CUnsafeLoader"),
        *("shutil.unpack_archive", "code.interact", "runpy.run_path"),
    )
)
# Whatever object they hang on.
ATTRIBUTES = frozenset(("extractall", "unpack_archive", "read_pickle", "Unpickler"))
# An argument of this name has this value, or is left out.
ARGUMENTS = {"shell": False, "allow_pickle": False, "weights_only": True}
IMPORTERS = frozenset(("importlib.import_module", "pytest.importorskip"))
ARCHIVES = ("tarfile", "zipfile")

# In rules and Snakefile, where `shell:` is a word of the language.
WORDS = frozenset(
    (
        *(name.rpartition(".")[2] for name in PICKLES),
        *("eval", "exec", "__import__", "popen", "system", "subprocess", "getoutput"),
        *("extractall", "unpack_archive", "allow_pickle", "weights_only", "read_pickle"),
        *("unsafe_load", "full_load", "importlib", "builtins"),
    )
)


@dataclass(frozen=True)
class Finding:
    """A forbidden form and the line that it stands on."""

    line: int
    form: str


def in_file(path: Path) -> list[Finding]:
    """Return what is forbidden in a file of Python or of Snakemake."""
    text = path.read_text(encoding="utf-8")
    return in_rules(text) if path.suffix != ".py" else in_python(text)


def in_python(text: str) -> list[Finding]:
    """Return what is forbidden in a text of Python."""
    reader = _Reader()
    reader.visit(ast.parse(text))
    return sorted(set(reader.found), key=lambda one: (one.line, one.form))


def in_rules(text: str) -> list[Finding]:
    """Return what is forbidden in a text of Snakemake."""
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    found = [Finding(t.start[0], t.string) for t in tokens if t.string in WORDS]
    named = [t for t in tokens if t.type in (tokenize.NAME, tokenize.OP)]
    for one, two, three in zip(named, named[1:], named[2:], strict=False):
        if (one.string, two.string) == ("shell", "=") and three.string != "False":
            found.append(Finding(one.start[0], "shell="))
        if (one.string, two.string, three.string) == ("yaml", ".", "load"):
            found.append(Finding(one.start[0], "yaml.load"))
    return found


@dataclass
class _Reader(ast.NodeVisitor):
    aliases: dict[str, str] = field(default_factory=dict)  # name here: dotted name
    found: list[Finding] = field(default_factory=list)
    unpacks: bool = False  # an archive module is imported

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self._module(node, name.name)
            if name.asname:
                self.aliases[name.asname] = name.name

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        self._module(node, module)
        for name in node.names:
            full = f"{module}.{name.name}"
            self.aliases[name.asname or name.name] = full
            star = f"{module}."
            if name.name == "*" and any(known.startswith(star) for known in NAMES):
                self._say(node, full)
            self._name(node, full)
            self._module(node, full)

    def visit_Name(self, node: ast.Name) -> None:
        self._name(node, self._full(node) or "")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._name(node, self._full(node) or "")
        if node.attr in ATTRIBUTES:
            self._say(node, node.attr)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = self._full(node.func) or ""
        for keyword in node.keywords:
            self._argument(keyword.value, keyword.arg, keyword.value)
        if called == "torch.load" and "weights_only" not in {k.arg for k in node.keywords}:
            self._say(node, "torch.load")
        if called == "numpy.load" and len(node.args) > 2:
            self._argument(node, "allow_pickle", node.args[2])
        if called in IMPORTERS | {"getattr"}:
            for text in (arg.value for arg in node.args if isinstance(arg, ast.Constant)):
                self._module(node, str(text))
                self._spelled(node, str(text))
        # `extract` is a name that others use, too.
        if self.unpacks and isinstance(node.func, ast.Attribute) and node.func.attr == "extract":
            self._say(node, "extract")
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                self._argument(node, key.value, value)
        self.generic_visit(node)

    def _module(self, node: ast.AST, name: str) -> None:
        if any(name == bad or name.startswith(f"{bad}.") for bad in PICKLES):
            self._say(node, name)
        self.unpacks |= name.partition(".")[0] in ARCHIVES

    def _name(self, node: ast.AST, name: str) -> None:
        if name in NAMES:
            self._say(node, name)

    def _spelled(self, node: ast.AST, text: str) -> None:
        if text in {"eval", "exec", "system", "popen", "__import__"} | ATTRIBUTES:
            self._say(node, text)

    def _argument(self, node: ast.AST, name: object, value: ast.AST) -> None:
        if isinstance(name, str) and name in ARGUMENTS:
            right = isinstance(value, ast.Constant) and value.value is ARGUMENTS[name]
            if not right:
                self._say(node, f"{name}=")

    def _full(self, node: ast.AST) -> str | None:
        """Return the dotted name that an expression stands for, with aliases undone."""
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            before = self._full(node.value)
            return f"{before}.{node.attr}" if before else None
        return None

    def _say(self, node: ast.AST, form: str) -> None:
        self.found.append(Finding(getattr(node, "lineno", 0), form))


def files(root: Path) -> Iterator[Path]:
    """Give every file of the project that is Python or Snakemake's."""
    for folder in ("src", "workflow", "rules", "benchmarks", "tests", "requirements", "docs"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".py", ".smk") or path.name == "Snakefile":
                yield path
