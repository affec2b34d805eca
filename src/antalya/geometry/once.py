"""A property that is reckoned once: `functools.cached_property`, without the lock that it has up to Python 3.11."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class once(Generic[T]):
    """Kept in the object's `__dict__`, where it is found before this the next time; two threads may both reckon it."""

    def __init__(self, reckon: Callable[[Any], T]) -> None:
        self._reckon, self.__doc__ = reckon, reckon.__doc__

    def __get__(self, of: Any, owner: type) -> T:
        value = of.__dict__[self._reckon.__name__] = self._reckon(of)
        return value
