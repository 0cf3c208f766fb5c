"""What importing foresight costs."""

from __future__ import annotations

import subprocess
import sys


def test_the_core_imports_no_heavy_part() -> None:
    """The whole numerical core imports NumPy and nothing heavier: SciPy, numba and pandas stay out."""
    program = (
        "import pkgutil, sys, fairlead.foresee as core\n"
        "for module in pkgutil.walk_packages(core.__path__, 'fairlead.foresee.'): __import__(module.name)\n"
        "print(sorted({'scipy', 'numba', 'pandas', 'statsforecast', 'lightgbm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
