"""torchvision's models, imported without torch's compiler, which takes two seconds to load.

All of torchvision 0.29 comes with the compiler for one function: `torchvision.ops.roi_align`, which
detection alone needs, asks `is_compile_supported` before it compiles.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

_COMPILER = ("torch._dynamo", "torch._dynamo.utils")


def models() -> ModuleType:
    """The module `torchvision.models`; the compiler is loaded where it is asked for something."""
    if not {"torchvision", *_COMPILER} & sys.modules.keys():
        sys.modules.update({name: _StandIn(name) for name in _COMPILER})
        try:
            importlib.import_module("torchvision")
        finally:
            _leave()
    return importlib.import_module("torchvision.models")


def is_compile_supported(device_type: str) -> bool:
    """What the compiler's own function of that name says, once somebody asks."""
    supported: bool = importlib.import_module(_COMPILER[1]).is_compile_supported(device_type)
    return supported


class _StandIn(ModuleType):
    """In place of a module of the compiler; whatever else is wanted of it loads that module."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> Any:
        if name == is_compile_supported.__name__:
            return is_compile_supported
        if name.startswith("__"):
            raise AttributeError(name)
        _leave()
        return getattr(importlib.import_module(self.__name__), name)


def _leave() -> None:
    for name in _COMPILER:
        if isinstance(sys.modules.get(name), _StandIn):
            del sys.modules[name]
