"""Print the OpenAPI document as JSON: `python -m server.cli.openapi`; the page's types are generated from it.

With `routes` behind it: the list of routes to read, by who may call them, each with its first sentence.
"""

from __future__ import annotations

import json
import sys
import tempfile
from itertools import groupby
from pathlib import Path
from typing import Any

from server.api.app import create_app
from server.config.settings import Settings


def main() -> None:
    """Write the document to standard output."""
    with tempfile.TemporaryDirectory() as folder:
        document = create_app(Settings(data_dir=Path(folder))).openapi()
    if sys.argv[1:] == ["routes"]:
        sys.stdout.write(route_list(document))
        return
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def route_list(document: dict[str, Any]) -> str:
    """Each route below the roles and the scope that may call it.

    `log`: leaves a line in the access log. `fresh`: after a login of the last ten minutes. `two`: with a second person.
    """
    rows = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            access = operation["x-access"]
            marks = {"log": operation.get("x-personal-data"), "fresh": operation.get("x-fresh-login")}
            marks["two"] = any(field.startswith("second_person") for field in _fields(document, operation))
            told = "".join(f" [{mark}]" for mark, holds in marks.items() if holds)
            rows.append(
                (
                    f"{', '.join(access['roles'])} ({access['scope']})",
                    f"{method.upper()} {path}{told}",
                    operation["summary"],
                )
            )
    lines = []
    for who, group in groupby(sorted(rows), key=lambda row: row[0]):
        lines += [who, *(f"  {route}\n      {said}" for _, route, said in group), ""]
    return "\n".join(lines)


def _fields(document: dict[str, Any], operation: dict[str, Any]) -> set[str]:
    """Names of the fields of the request's JSON."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
    return set(document["components"]["schemas"].get(name, {}).get("properties", ()))


if __name__ == "__main__":
    main()
