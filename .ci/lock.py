"""Write constraints.txt anew from pyproject.toml: exact releases with hashes, in sections that build on one another.

Usage: lock.py UV [PACKAGE ...]; UV is the path of uv, each PACKAGE is brought up to date, `--all` brings up everything.
Without packages releases stay as they are unless pyproject.toml asks for others. Releases that no supported machine
needs (other systems, other Pythons) are left out, and so is every address: where packages come from is the machine's
own business.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "constraints.txt"

# Each section holds what it adds to those before it. The Makefile installs up to a section, the test of the wheel too.
SECTIONS: tuple[tuple[str, list[str]], ...] = (
    ("base", []),
    ("probe", ["--extra", "probe"]),
    ("server", ["--extra", "server", "--extra", "districts"]),
    ("build", ["--group", "build"]),
    ("storage", ["--extra", "storage"]),
    ("dev", ["--extra", "dev"]),
    ("lab", ["--extra", "lab"]),
)
HEADER = """\
# Exact releases with hashes for Linux on CPython 3.11 to 3.13, x86-64 and AArch64, wheels only. Written by `make lock`.
# Each section adds to those before it: `make run` installs up to and with "build", `make setup` all of them.
"""
ENTRY = re.compile(
    r"^(?P<pin>[^ \n;#]+==[^ \n;]+)(?: ; (?P<marker>[^\\\n]+?))?(?P<hashes>(?: \\\n +--hash=\S+)+)", re.MULTILINE
)
ENVIRONMENTS = [
    {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{python}.5",
        "python_version": python,
        "sys_platform": "linux",
    }
    for python in ("3.11", "3.12", "3.13")
    for machine in ("x86_64", "aarch64")
]


def compile_pins(uv: str, arguments: list[str], pins: Path, upgrade: list[str]) -> str:
    """Text of a requirements file for the base and what `arguments` add, held to the releases in `pins`."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "pins.txt"
        output.write_bytes(pins.read_bytes())
        command = [
            *(uv, "pip", "compile", "pyproject.toml", *arguments, "--universal", "--python-version", "3.11"),
            *("--generate-hashes", "--no-emit-package", "ansim-sweep", "--no-annotate", "--no-header", "--quiet"),
            *("--no-build", *upgrade, "--output-file", str(output)),
        ]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return output.read_text()


def entries(text: str) -> dict[str, str]:
    """Requirement line (with its marker where that matters) -> the entry with hashes, for supported machines only."""
    kept: dict[str, str] = {}
    for match in ENTRY.finditer(text):
        pin, marker, hashes = match["pin"], match["marker"], match["hashes"]
        needed = [marker is None or Marker(marker).evaluate(environment) for environment in ENVIRONMENTS]
        if any(needed):
            line = pin if all(needed) else f"{pin} ; {marker}"
            kept[line] = line + hashes
    return kept


def main() -> None:
    """Resolve everything once, then each section with those releases, and write what each section adds."""
    uv, upgrade = sys.argv[1], []
    for package in sys.argv[2:]:
        upgrade += ["--upgrade"] if package == "--all" else ["--upgrade-package", package]
    pins = TARGET if TARGET.exists() else Path("/dev/null")
    everything = compile_pins(uv, [a for _, arguments in SECTIONS for a in arguments], pins, upgrade)
    parts, seen, arguments = [HEADER], set[str](), list[str]()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "all.txt"
        whole.write_text(everything)
        for name, more in SECTIONS:
            arguments += more
            section = {k: v for k, v in entries(compile_pins(uv, arguments, whole, [])).items() if k not in seen}
            seen |= section.keys()
            parts.append(f"\n# --- {name}\n" + "\n".join(section.values()) + "\n")
    TARGET.write_text("".join(parts))
    print(f"{TARGET.name}: {len(seen)} releases")


if __name__ == "__main__":
    main()
