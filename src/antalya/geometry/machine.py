# mypy: disable-error-code="no-untyped-call"
"""What a processor can do and Python has no word for, compiled (numba)."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from antalya.geometry.compiled import compiled

READ, KEEP, DATA = 0, 3, 1
"""To be read, soon and more than once, and not code. Source: LLVM language reference, `llvm.prefetch`."""


@intrinsic
def _fetch(_typing: Any, array: Any, at: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind, places = signature.args
        held = context.make_array(kind)(context, builder, given[0])
        steps = cgutils.unpack_tuple(builder, given[1], len(places))
        item = cgutils.get_item_pointer(context, builder, kind, held, steps, wraparound=False)
        byte, word = cgutils.voidptr_t, cgutils.int32_t
        fetch = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [byte, word, word, word]), "llvm.prefetch.p0")
        builder.call(fetch, [builder.bitcast(item, byte), *(word(each) for each in (READ, KEEP, DATA))])
        return context.get_dummy_value()
    return types.void(array, at), emit


@intrinsic
def _zeros(_typing: Any, bits: Any) -> Any:
    def emit(_context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.cttz(given[0], cgutils.false_bit)
    return bits(bits), emit


@compiled
def lowest(bits):  # type: ignore[no-untyped-def]
    """Which is the lowest bit that is set; there is one."""
    return _zeros(bits)  # type: ignore[call-arg]  # numba gives it the first


@compiled
def ask_ahead(array, at):  # type: ignore[no-untyped-def]
    """Asks for the line of the processor's cache in which an item of an array lies: `at`, a tuple of as many integers as the
    array has axes. It may lie behind the end, too: nothing is read."""
    _fetch(array, at)  # type: ignore[call-arg]
