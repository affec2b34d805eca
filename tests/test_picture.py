"""Shapes are kept, but not without end."""

import pytest
from tests.pictures import box

from antalya import picture
from antalya.picture import shape_of


def kept(monkeypatch: pytest.MonkeyPatch, shapes: int, points: int) -> list[bool]:
    """Of ten boxes of five points, made one after the other, which are kept, where so many shapes and points may be."""
    monkeypatch.setattr(picture, "_kept", picture._Kept())
    monkeypatch.setattr(picture, "_MOST_SHAPES", shapes)
    monkeypatch.setattr(picture, "_MOST_POINTS", points)
    outlines = [box(k, 0, k + 1, 1) for k in range(10)]
    for outline in outlines:
        assert shape_of(outline) is shape_of(outline)
    return [picture._kept.get(outline) is not None for outline in outlines]


def test_shapes_are_kept_until_they_are_too_many_or_have_too_many_points(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept(monkeypatch, 10, 50) == [True] * 10
    assert kept(monkeypatch, 6, 50) == [False] * 6 + [True] * 4
    assert kept(monkeypatch, 10, 44) == [False] * 8 + [True] * 2
    assert kept(monkeypatch, 10, 5) == [False] * 9 + [True]
