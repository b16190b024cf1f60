"""The gRPC libraries that are tried: how each program is built and started."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.processes import ROOT

PROGRAMS = Path(__file__).parent / "programs"
_JAVA = Path("/usr/share/java")
_JARS = (
    *("grpc-api", "grpc-core", "grpc-context", "grpc-netty", "grpc-stub"),
    *("guava", "failureaccess", "perfmark-api", "gson"),
    *("netty-all", "netty-buffer", "netty-codec", "netty-codec-http", "netty-codec-http2"),
    *("netty-codec-socks", "netty-common", "netty-handler", "netty-handler-proxy", "netty-resolver"),
    "netty-transport",
)


@dataclass(frozen=True, kw_only=True)
class Library:
    """A gRPC library on this machine.

    Attributes:
        name: Its name and version.
        command: The program, without its three arguments: target, method and settings.
        by_name_server: Whether it asks the DNS server in its target; if not, it reads the hosts file.
        environment: Environment variables of the program.

    """

    name: str
    command: tuple[str, ...]
    by_name_server: bool = True
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


def libraries(build: Path, hosts: Path) -> list[Library]:
    """Return the libraries that this machine has.

    Args:
        build: The folder for compiled programs.
        hosts: The hosts file of the program that cannot be given a DNS server.

    """
    found = [
        Library(
            name=f"grpc-python {_python_version()}", command=(sys.executable, str(PROGRAMS / "client.py"))
        )
    ]
    found += [*_node(), *_go(build), *_ruby(), *_java(build, hosts)]
    return found


def _python_version() -> str:
    import grpc

    return str(grpc.__version__)


def _node() -> list[Library]:
    package = ROOT / "node_modules/@grpc/grpc-js"
    node = shutil.which("node")
    if node is None or not package.is_dir():
        return []
    version = _run([node, "-p", f"require('{package}/package.json').version"])
    command = (node, str(PROGRAMS / "client.js"))
    environment = {
        "NODE_PATH": str(ROOT / "node_modules"),
        "GRPC_NODE_USE_ALTERNATIVE_RESOLVER": "true",  # so that it asks the DNS server of its target
    }
    return [Library(name=f"grpc-node {version}", command=command, environment=environment)]


def _go(build: Path) -> list[Library]:
    source = Path("/usr/share/gocode/src/google.golang.org/grpc")
    if shutil.which("go") is None or not source.is_dir():
        return []
    number = (source / "version.go").read_text().partition('Version = "')[2].partition('"')[0]
    program = build / "go-client"
    _run(
        ["go", "build", "-o", str(program), str(PROGRAMS / "client.go")],
        {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(build / "go-cache")},
    )
    return [Library(name=f"grpc-go {number}", command=(str(program),), environment={"GRPC_GO_RETRY": "on"})]


def _ruby() -> list[Library]:
    ruby = shutil.which("ruby")
    if (
        ruby is None
        or subprocess.run([ruby, "-e", "require 'grpc'"], capture_output=True, check=False).returncode
    ):
        return []
    number = _run([ruby, "-e", "require 'grpc'; print GRPC::VERSION"])
    return [Library(name=f"grpc-ruby {number}", command=(ruby, str(PROGRAMS / "client.rb")))]


def _java(build: Path, hosts: Path) -> list[Library]:
    if shutil.which("javac") is None or not (_JAVA / "grpc-netty.jar").exists():
        return []
    number = (_JAVA / "grpc-netty.jar").resolve().stem.removeprefix("grpc-netty-")
    path = ":".join([str(build), *(str(_JAVA / f"{jar}.jar") for jar in _JARS)])
    _run(["javac", "-nowarn", "-cp", path, "-d", str(build), str(PROGRAMS / "Client.java")])
    command = ("java", f"-Djdk.net.hosts.file={hosts}", "-Xmx96m", "-XX:+UseSerialGC", "-cp", path, "Client")
    return [Library(name=f"grpc-java {number}", command=command, by_name_server=False)]


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})}
    )
    if done.returncode:
        raise SystemExit(f"bench-clients: {' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()
