"""A plugin of pytest: the run fails unless the core that it tested was compiled.

``pytest -p tests.compiled.witness`` with the folder of the compiled core first on the path.
"""

from __future__ import annotations

import pytest

from vigie.compiled import is_compiled


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails a run of anything else."""
    if not is_compiled():
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        print("\nthe core under test is not the compiled one")
