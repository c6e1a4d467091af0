"""Pictures of the example catalogue: drawn, not stored (CAT-09, CAT-10, CAT-26).

A picture's name says everything: `mug-210-front.svg` is the glyph of a mug in the colour of hue 210, seen from the
front on pure white without a logo. Being vectors, they are their own large rendition.
"""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = re.compile(r"([a-z]{2,20})-([0-9]{1,3})-(front|size|detail)\.svg")

#: Outlines in a square of 100, drawn with one fill and one line.
GLYPHS: Final = {
    "shirt": "M32 20 L42 14 Q50 24 58 14 L68 20 L84 34 L74 46 L68 41 V86 H32 V41 L26 46 L16 34 Z",
    "shoe": "M14 58 Q30 56 36 40 L46 36 Q54 54 76 58 Q88 60 88 74 H14 Z M14 80 H88",
    "blanket": "M18 26 H74 Q82 26 82 34 V78 H26 Q18 78 18 70 Z M18 40 H82 M18 54 H82 M18 66 H82",
    "headphones": "M20 60 Q20 22 50 22 Q80 22 80 60 V78 H68 V56 H74 Q74 28 50 28 Q26 28 26 56 H32 V78 H20 Z",
    "keyboard": "M12 36 H88 V68 H12 Z M20 44 H80 M20 52 H80 M30 60 H70",
    "kettle": "M32 36 H66 L72 82 H26 Z M40 28 H58 M66 44 Q86 46 72 70 M32 42 L18 34",
    "bottle": "M42 14 H58 V30 Q70 36 70 48 V86 H30 V48 Q30 36 42 30 Z M34 56 H66",
    "lipstick": "M42 44 V26 L56 16 V44 Z M38 44 H60 V60 H38 Z M34 60 H64 V86 H34 Z",
    "candle": "M34 44 H66 V86 H34 Z M50 44 V36 M50 34 Q42 26 50 14 Q58 26 50 34 Z",
    "blocks": "M14 54 H46 V86 H14 Z M54 54 H86 V86 H54 Z M34 18 H66 V50 H34 Z",
    "dice": "M22 22 H78 V78 H22 Z M36 36 H37 M64 36 H65 M50 50 H51 M36 64 H37 M64 64 H65",
    "ball": "M50 14 A36 36 0 1 0 50.1 14 Z M50 34 L64 44 L59 60 H41 L36 44 Z",
    "cup": "M22 36 H68 V62 Q68 80 50 80 H40 Q22 80 22 62 Z M68 44 Q86 44 84 56 Q82 66 68 64 M36 28 Q32 22 36 16",
    "biscuit": "M50 16 A34 34 0 1 0 50.1 16 Z M40 38 H41 M60 40 H61 M46 58 H47 M62 60 H63 M34 56 H35",
    "jar": "M32 18 H68 V28 H32 Z M30 28 Q22 34 22 44 V86 H78 V44 Q78 34 70 28 Z M22 52 H78 V72 H22",
    "apple": "M50 34 Q64 22 78 34 Q88 48 76 70 Q64 90 50 82 Q36 90 24 70 Q12 48 22 34 Q36 22 50 34 Z M50 32 L60 14",
    "cheese": "M12 58 L62 26 Q86 34 88 58 V80 H12 Z M12 58 H88 M34 70 H35 M58 68 H59",
    "fish": "M12 50 Q36 22 66 46 L88 30 V70 L66 54 Q36 78 12 50 Z M30 46 H31",
    "chair": "M30 12 H66 V50 H30 Z M26 50 H72 V60 H26 Z M30 60 V90 M68 60 V90",
    "shelf": "M18 14 H82 V88 H18 Z M18 38 H82 M18 62 H82 M34 38 V22 M46 38 V26 M60 62 V46",
    "mug": "M24 26 H66 V82 H24 Z M66 38 Q86 38 84 54 Q82 70 66 68",
    "card": "M12 28 H88 V74 H12 Z M12 42 H88 M22 60 H46",
    "book": "M50 24 Q34 14 14 20 V78 Q34 72 50 82 Q66 72 86 78 V20 Q66 14 50 24 Z M50 24 V82",
    "window": "M12 18 H88 V82 H12 Z M12 34 H88 M22 26 H23 M30 26 H31 M26 48 H60 M26 60 H74",
}


def picture(name: str) -> str | None:
    """The SVG of a picture, or None when there is none of that name."""
    parts = _NAME.fullmatch(name)
    if parts is None or parts[1] not in GLYPHS or int(parts[2]) >= 360:
        return None
    glyph, hue, view = parts[1], int(parts[2]), parts[3]
    drawing = (
        f'<path d="{GLYPHS[glyph]}" fill="hsl({hue} 45% 78%)" stroke="hsl({hue} 40% 28%)" stroke-width="2.5" '
        'stroke-linejoin="round" stroke-linecap="round"/>'
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120" width="1200" height="1200" role="img">'
        f'<rect width="120" height="120" fill="#fff"/>{_framed(drawing, view, hue)}</svg>'
    )


def _framed(drawing: str, view: str, hue: int) -> str:
    """The drawing whole, beside its measures, or so near that a part fills the picture."""
    if view == "detail":
        return f'<g transform="translate(-45 -45) scale(2)">{drawing}</g>'
    placed = f'<g transform="translate(10 10)">{drawing}</g>'
    if view == "front":
        return placed
    lines = "M18 114 H102 M18 110 V118 M102 110 V118 M114 18 V102 M110 18 H118 M110 102 H118"
    return f'{placed}<path d="{lines}" fill="none" stroke="hsl({hue} 15% 40%)" stroke-width="1"/>'
