"""Sample table of goods that may not be sent somewhere (CMP-10); not legal advice."""

from __future__ import annotations

from datetime import date
from typing import Final

from chalicelib.customs.domain import ProhibitionRow

_START: Final = date(2024, 1, 1)
_SAMPLE: Final = "sample data of this project"


def _reason(english: str, chinese: str) -> tuple[tuple[str, str], ...]:
    return (("en", english), ("zh-CN", chinese))


_DANGEROUS: Final = _reason("Dangerous goods are not carried.", "危险品不予承运。")
_QUARANTINE: Final = _reason(
    "Food of animal origin may not enter from abroad without quarantine papers.", "动物源性食品未经检疫不得入境。"
)
_SEEDS: Final = _reason("Seeds and living plants may not enter from abroad.", "种子和活体植物不得入境。")
_VAPING: Final = _reason("Electronic cigarettes may not be imported.", "电子烟禁止进口。")

PROHIBITIONS: Final[tuple[ProhibitionRow, ...]] = (
    *(
        ProhibitionRow(prefix, _DANGEROUS, _START, _SAMPLE, imports_only=False)
        for prefix in ("36", "9302", "9303", "9304")
    ),
    *(ProhibitionRow(prefix, _QUARANTINE, _START, _SAMPLE) for prefix in ("02", "0401", "0402", "0406", "1601")),
    *(ProhibitionRow(prefix, _SEEDS, _START, _SAMPLE) for prefix in ("0602", "1209")),
    *(
        ProhibitionRow(prefix, _VAPING, _START, _SAMPLE, countries=("BR",), imports_only=False)
        for prefix in ("240412", "854340")
    ),
    *(ProhibitionRow(prefix, _VAPING, _START, _SAMPLE, countries=("JP",)) for prefix in ("240412", "854340")),
)
