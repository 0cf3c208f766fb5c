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


def test_the_core_is_imported_in_a_moment() -> None:
    """With all of its modules and NumPy, beside a Python that imports nothing, in under 0.4 s of processor time."""
    program = (
        "import pkgutil, time\n"
        "began = time.process_time()\n"
        "import fairlead.foresee as core\n"
        "for module in pkgutil.walk_packages(core.__path__, 'fairlead.foresee.'): __import__(module.name)\n"
        "print(time.process_time() - began)"
    )
    runs = (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in range(5)
    )
    assert min(float(run.stdout) for run in runs) < 0.4
