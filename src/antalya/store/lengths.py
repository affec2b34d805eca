"""Operations by when they end, in a walk of the index `operation_time`, which begins with a class of length.

An index over ends can't bound what overlaps a window from below: of all that ended since, any may have begun before. So what
overlaps a window is one range of each class: from where the window begins to its end and the class's longest length later.
"""

_HOUR = 3_600_000_000
LONGEST = (_HOUR, 4 * _HOUR, 16 * _HOUR, 64 * _HOUR, 256 * _HOUR)
"""The longest operation of each class but the last, in microseconds."""

LENGTH = "(CASE " + " ".join(f"WHEN ends_at - starts_at <= {most} THEN {n}" for n, most in enumerate(LONGEST)) + \
    f" ELSE {len(LONGEST)} END)"
"""The class of an operation's length, word for word as in the index."""


def ending(what: str, since: int | None, before: int | None) -> tuple[str, list[int]]:
    """The statement for `what` (a column, an aggregate) of current operations that end at or after one moment and before another
    (microseconds since 1970), class by class, and its values; None is no bound."""
    bounds = {bound: value for bound, value in (("ends_at >= ?", since), ("ends_at < ?", before)) if value is not None}
    ranges = [" AND ".join([f"SELECT {what} FROM operation WHERE current = 1", f"{LENGTH} = {n}", *bounds])  # noqa: S608
              for n in range(len(LONGEST) + 1)]
    return " UNION ALL ".join(ranges), [*bounds.values()] * len(ranges)
