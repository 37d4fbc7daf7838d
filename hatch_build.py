"""The package is `tashkent` alone, while its folders stand side by side at the top of the repository.

A wheel gets each folder under ``tashkent/`` (``[tool.hatch.build.targets.wheel.sources]`` in pyproject.toml). An
editable install needs a folder that looks the same to Python and to type checkers: ``src/tashkent``, into which this
hook links the folders. Links to folders show new files at once; git ignores them.
"""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LinkedFolders(BuildHookInterface):  # type: ignore[type-arg]
    """Link the folders of the package into ``src/tashkent`` when it is installed editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds."""
        if version == "editable":
            for folder, target in self.build_config.sources.items():
                if not folder.startswith("src"):
                    link(Path(self.root, folder), Path(self.root, "src", target))


def link(folder: Path, at: Path) -> None:
    """Make `at` show what is in `folder`; a link that stands there is made anew."""
    if at.is_symlink() or at.is_junction():
        at.unlink()
    if sys.platform == "win32":  # a junction needs no privilege, unlike a symbolic link
        import _winapi

        _winapi.CreateJunction(str(folder), str(at))
    else:
        at.symlink_to(os.path.relpath(folder, at.parent), target_is_directory=True)
