"""What the package's own source never does: run untrusted bytes, listen, call home, log a filled-in sentence."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import apnet_desktop
from tests.cases.promises import tries

PACKAGE = Path(apnet_desktop.__file__).parent
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "data" not in path.relative_to(PACKAGE).parts[:1])

FORBIDDEN_MODULES = {
    "pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml", "imp",
    "http.server", "socketserver", "xmlrpc", "ftplib", "smtplib", "telnetlib", "urllib.request", "http.client",
    "requests", "httpx", "aiohttp", "webbrowser", "asyncio", "socket", "PySide6.QtNetwork", "PySide6.QtWebEngineCore",
    "reportlab.lib.fontfinder", "reportlab.lib.extformat", "reportlab.lib.rparsexml",
}  # fmt: skip
FORBIDDEN_NAMES = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_METHODS = {"extractall", "system", "popen", "unpack_archive", "serve_forever"}
FORBIDDEN_CALLS = {
    "torch.load", "torch.save", "torch.jit.load", "torch.hub.load", "joblib.load", "pickle.load", "pickle.loads",
    "numpy.lib.format.read_array", "pandas.read_pickle", "pd.read_pickle", "shutil.unpack_archive", "os.startfile",
    "tempfile.mktemp",
}  # fmt: skip
# Qt's own words that are spelt like them.
HARMLESS = {
    "re.compile", "QApplication.exec", "application.exec", "dialog.exec", "box.exec", "menu.exec", "QLocale.system",
}  # fmt: skip
# A second start of the program hands its path to the first through a socket of this machine, closed to other accounts.
LOCAL_SERVER = PACKAGE / "gui" / "single_instance"
# Names of forbidden modules that reach no network: local sockets, and the path in a file's address.
LOCAL_ONLY = {
    "PySide6.QtNetwork.QLocalServer", "PySide6.QtNetwork.QLocalSocket", "urllib.request.url2pathname",
}  # fmt: skip


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def faults(tree: ast.Module) -> Iterator[str]:
    """What is wrong in a module, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if _is_forbidden_module(name.name):
                    yield f"{node.lineno}: import {name.name}"
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{name.name}" for name in node.names]
            if not set(names) <= LOCAL_ONLY:
                names.append(node.module)
            names = [name for name in names if name not in LOCAL_ONLY]
            yield from (f"{node.lineno}: from {name}" for name in names if _is_forbidden_module(name))
        elif isinstance(node, ast.Call):
            yield from _call_faults(node)


def _is_forbidden_module(name: str) -> bool:
    return any(name == forbidden or name.startswith(forbidden + ".") for forbidden in FORBIDDEN_MODULES)


def _call_faults(node: ast.Call) -> Iterator[str]:
    called = _dotted(node.func)
    if isinstance(node.func, ast.Name) and called in FORBIDDEN_NAMES:
        yield f"{node.lineno}: {called}()"
    if isinstance(node.func, ast.Attribute) and node.func.attr in FORBIDDEN_METHODS and called not in HARMLESS:
        yield f"{node.lineno}: {called}()"
    if called in FORBIDDEN_CALLS:
        yield f"{node.lineno}: {called}()"
    for keyword in node.keywords:
        on = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        if keyword.arg in ("shell", "allow_pickle", "unsafe_allow_html") and on:
            yield f"{node.lineno}: {called}({keyword.arg}=True)"
    if called.split(".")[-1] in ("debug", "info", "warning", "error", "exception", "critical", "log"):
        logs = called.split(".")[0].casefold().lstrip("_").startswith(("log", "logger"))
        filled = any(isinstance(argument, ast.JoinedStr | ast.BinOp) or _formats(argument) for argument in node.args)
        if logs and filled:
            yield f"{node.lineno}: {called}() with a filled-in sentence"


def _formats(argument: ast.expr) -> bool:
    return isinstance(argument, ast.Call) and _dotted(argument.func).endswith((".format", ".text", "str"))


@tries("CVE pickle", "CVE eval", "CVE zip slip", "CVE updater", "CVE log", "CVE font cache", "C-55")
def test_the_source_does_none_of_it() -> None:
    found = {str(path.relative_to(PACKAGE)): list(faults(_tree(path))) for path in SOURCES}
    assert {path: faults for path, faults in found.items() if faults} == {}
    assert len(found) > 100


@tries("CVE open port")
def test_only_a_socket_of_this_machine_is_listened_on() -> None:
    server = (LOCAL_SERVER / "server.py").read_text(encoding="utf-8")
    assert "QLocalServer.SocketOption.UserAccessOption" in server
    users = [path for path in SOURCES if "QtNetwork" in path.read_text(encoding="utf-8")]
    assert all(path.is_relative_to(LOCAL_SERVER) for path in users)


def test_the_search_finds_what_it_looks_for() -> None:
    for source in (
        "import pickle", "from pickle import load", "import torch\ntorch.load('x')", "eval('1')", "exec('1')",
        "import zipfile\nzipfile.ZipFile('x').extractall()", "import numpy\nnumpy.load('x', allow_pickle=True)",
        "import subprocess\nsubprocess.run('x', shell=True)", "import os\nos.system('x')", "from urllib import request",
        "import http.client", "_LOG.info(f'{name}')", "log.warning('%s' % name)", "logger.info('{}'.format(name))",
        "import shutil\nshutil.unpack_archive('x')", "__import__('os')", "from PySide6.QtNetwork import QTcpServer",
        "from PySide6.QtNetwork import QLocalServer, QTcpServer", "import PySide6.QtNetwork",
    ):  # fmt: skip
        assert list(faults(ast.parse(source))), source
    assert list(faults(ast.parse("from PySide6.QtNetwork import QLocalServer, QLocalSocket"))) == []


@tries("CVE URL scheme")
def test_no_url_scheme_is_registered() -> None:
    project = PACKAGE.parent
    for path in [*SOURCES, *(project / "packaging").rglob("*"), *(project / "resources").rglob("*.desktop")]:
        if path.is_file() and path.suffix in (".py", ".sh", ".desktop", ".spec", ".iss", ".plist", ".in"):
            content = path.read_text(encoding="utf-8")
            assert "x-scheme-handler" not in content, path
            assert "CFBundleURLTypes" not in content, path
            assert "URL Protocol" not in content, path
