"""A leaner import of openai: its hundreds of type modules load when something first asks for them.

`import openai` builds some 470 pydantic and TypedDict modules that azresp never touches, two thirds of its 0.4 s.
Before the import, `openai.lib` and the packages below `openai.types` are put into `sys.modules` as packages whose
`__init__` does not run: a name that is asked for is imported from where the `__init__` would import it. If anything
about that fails, the plain import is used.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import re
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

_LOADING = threading.RLock()
"""Held while openai or one of these packages loads: a background thread may warm the SDK up while the first
request needs it, and half a module in `sys.modules` looks like a whole one."""


class _Later(ModuleType):
    """A package whose names are taken one by one from where its `__init__` has them; it runs for any other."""

    def __getattr__(self, name: str) -> Any:
        with _LOADING:
            if name not in self.__dict__ and (found := self._alone(name)) is not None:
                self.__dict__[name] = found
            # `import *` asks for `__all__`, then takes what is there.
            if name not in self.__dict__ and (name == "__all__" or not name.startswith("__")):
                self._run()
            if name in self.__dict__:
                return self.__dict__[name]
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        with _LOADING:
            self._run()
        return sorted(self.__dict__)

    def _run(self) -> None:
        spec = self.__spec__
        if spec is not None and spec.loader is not None and not self.__dict__.get("_ran"):
            self.__dict__["_ran"] = True
            spec.loader.exec_module(self)

    def _alone(self, name: str) -> Any:
        """A module below this one, or a name from where the `__init__` takes it; None if it is neither."""
        # Importing a package sets it on its parent, but those put into sys.modules were never imported.
        if (child := sys.modules.get(f"{self.__name__}.{name}")) is not None:
            return child
        init = Path(str(self.__file__))
        if name.startswith("__") or self.__dict__.get("_ran"):
            return None
        if init.with_name(f"{name}.py").exists():
            return importlib.import_module(f".{name}", self.__name__)
        taken = re.search(
            rf"^from (\.\w+) import (?:\([^)]*?)?\b{name} as {name}\b", init.read_text(), re.MULTILINE
        )
        return getattr(importlib.import_module(taken[1], self.__name__), name) if taken else None


def load_openai() -> ModuleType:
    """The openai package, imported the lean way where that works. Takes 0.2 to 0.5 s the first time."""
    with _LOADING:
        return sys.modules.get("openai") or _load()


def _load() -> ModuleType:
    # Whatever pydantic plugin is installed beside us would be loaded into each model; some send what they see away.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    collecting = gc.isenabled()
    gc.disable()  # nothing of an import is garbage, but the collector looks again and again
    try:
        return _lean() or importlib.import_module("openai")
    finally:
        if collecting:
            gc.enable()


def _lean() -> ModuleType | None:
    before = set(sys.modules)
    try:
        for package in _type_packages():
            sys.modules.setdefault(package.__name__, package)
        openai = importlib.import_module("openai")
        openai.__dict__.setdefault("lib", sys.modules["openai.lib"])  # as its import would have done
        return openai
    except Exception:
        # Whatever a future SDK changed: take back what was put there and let the plain import speak.
        for name in set(sys.modules) - before:
            if name == "openai" or name.startswith("openai."):
                del sys.modules[name]
        return None


def _type_packages() -> list[_Later]:
    found = importlib.util.find_spec("openai")
    if found is None or not found.submodule_search_locations:
        return []
    root = Path(found.submodule_search_locations[0])
    return [
        _later(".".join(["openai", *init.parent.relative_to(root).parts]), init)
        for init in (root / "lib" / "__init__.py", *(root / "types").rglob("__init__.py"))
    ]


def _later(name: str, init: Path) -> _Later:
    folder = str(init.parent)
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[folder])
    package = _Later(name)
    package.__spec__ = spec
    package.__path__ = [folder]
    package.__package__ = name
    package.__file__ = str(init)
    return package
