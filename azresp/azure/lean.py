"""A leaner import of openai: its hundreds of type modules load when something first asks for them.

`import openai` builds some 470 pydantic and TypedDict modules that azresp never touches, about half of its 0.45 s.
Before the import, the packages below `openai.types` are put into `sys.modules` as packages whose `__init__` runs at
the first attribute that they lack. If anything about that fails, the plain import is used.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

_LOADING = threading.RLock()
"""Held while openai or one of its type packages loads: a background thread may warm the SDK up while the first
request needs it, and half a module in `sys.modules` looks like a whole one."""


class _Later(ModuleType):
    """A package whose `__init__` runs at the first attribute that it lacks."""

    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        with _LOADING:
            if name in self.__dict__:
                return self.__dict__[name]
            # Importing a package sets it on its parent, but those put into sys.modules were never imported.
            if (child := sys.modules.get(f"{self.__name__}.{name}")) is not None:
                self.__dict__[name] = child
                return child
            if name.startswith("__") or spec is None or spec.loader is None or self.__dict__.get("_ran"):
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
            self.__dict__["_ran"] = True
            spec.loader.exec_module(self)
            return getattr(self, name)


def load_openai() -> ModuleType:
    """The openai package, imported the lean way where that works. Takes 0.2 to 0.5 s the first time."""
    with _LOADING:
        return sys.modules.get("openai") or _load()


def _load() -> ModuleType:
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
        return importlib.import_module("openai")
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
        for init in (root / "types").rglob("__init__.py")
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
