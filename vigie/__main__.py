"""The command ``vigie``, also as ``python -m vigie``."""

from __future__ import annotations

import os
from typing import NoReturn

from vigie.compiled import use_compiled


def main() -> NoReturn:
    """Run the command line, with the compiled core where there is one."""
    use_compiled(os.environ)
    from vigie.cli import main as run  # imports the core

    run()


if __name__ == "__main__":
    main()
