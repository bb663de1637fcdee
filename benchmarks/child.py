"""A module of the benchmarks as a program, with the compiled core if the environment asks for it.

``python -m benchmarks.child MODULE [ARGUMENT]...`` is ``python -m MODULE [ARGUMENT]...``; with
``VIGIE_COMPILED=on`` it fails unless ``vigie compile`` was run for the sources of now.
"""

from __future__ import annotations

import os
import runpy
import sys

from vigie.compiled import SWITCH, use_compiled


def main() -> None:
    """Run the module."""
    module, sys.argv = sys.argv[1], sys.argv[1:]
    if os.environ.get(SWITCH) == "on" and not use_compiled(os.environ):
        sys.exit("there is no compiled core of these sources: run vigie compile")
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
