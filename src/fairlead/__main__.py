"""`python -m fairlead`: the same program as `fairlead`."""

from __future__ import annotations

from fairlead.show.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main(prog_name="fairlead")
