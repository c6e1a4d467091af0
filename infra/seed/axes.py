# ruff: noqa: E501 - a row of a table stays on its line; Chinese characters count double
"""What variants differ by: options with their values, and what each value does to price and weight."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from .model import words


@dataclass(frozen=True, slots=True)
class Value:
    """One choice: its code, its titles, the factor on the price and on weight and volume."""

    code: str
    en: str
    zh: str
    price: Decimal
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Axis:
    """An option. `pick` is how many of its values one product has."""

    code: str
    en: str
    zh: str
    values: tuple[Value, ...]
    pick: int = 0


def _axis(code: str, title: str, values: str, pick: int = 0) -> Axis:
    """Read values as `code|english|chinese|price factor|weight factor; …`."""
    name = words(title)[0]
    read = []
    for entry in values.split(";"):
        own, en, zh, *factors = (part.strip() for part in entry.split("|"))
        price, weight = (Decimal(factor) for factor in (*factors, "1", "1")[:2])
        read.append(Value(own, en, zh, price, weight))
    return Axis(code, name.en, name.zh, tuple(read), pick)


AXES: Final = {
    "size": _axis("size", "Size|尺码", "s|S|S; m|M|M; l|L|L|1|1.05; xl|XL|XL|1.05|1.1"),
    "few_sizes": _axis("size", "Size|尺码", "s|S|S; m|M|M; l|L|L|1|1.05", 3),
    "shoe": _axis("shoe-size", "Shoe size (EU)|鞋码（欧码）", "38|38|38; 40|40|40; 42|42|42|1|1.06; 44|44|44|1|1.1"),
    "colour": _axis(
        "colour", "Colour|颜色",
        "white|White|白色; black|Black|黑色; navy|Navy|藏青色; sage|Sage green|鼠尾草绿; sand|Sand|沙色; rust|Rust red|铁锈红",
        2,
    ),
    "tone": _axis("tone", "Finish|颜色饰面", "natural|Natural|原色; white|White|白色; walnut|Walnut brown|胡桃棕|1.05; black|Black|黑色", 2),
    "bed": _axis("bed-size", "Bed size|床品尺寸", "single|Single 90 × 200 cm|单人 90 × 200 厘米; double|Double 140 × 200 cm|双人 140 × 200 厘米|1.35|1.4; king|King 180 × 200 cm|大床 180 × 200 厘米|1.6|1.75"),
    "storage": _axis("capacity", "Capacity|容量", "128gb|128 GB|128 GB; 256gb|256 GB|256 GB|1.4; 512gb|512 GB|512 GB|2.1; 1tb|1 TB|1 TB|3.4", 3),
    "power": _axis("battery", "Battery|电池容量", "5000|5,000 mAh|5000 毫安时; 10000|10,000 mAh|10000 毫安时|1.5|1.8; 20000|20,000 mAh|20000 毫安时|2.3|3.2"),
    "plug": _axis("plug", "Plug|插头制式", "eu|EU|欧规; uk|UK|英规; us|US|美规; cn|CN|国标", 4),
    "volume": _axis("volume", "Volume|净含量", "30ml|30 ml|30 毫升; 50ml|50 ml|50 毫升|1.45|1.5; 100ml|100 ml|100 毫升|2.4|2.7"),
    "bottle": _axis("volume", "Volume|净含量", "250ml|250 ml|250 毫升; 500ml|500 ml|500 毫升|1.7|1.9; 1000ml|1 l|1 升|2.9|3.7"),
    "scent": _axis("scent", "Scent|香型", "fig|Fig leaf|无花果叶; cedar|Cedar|雪松; neroli|Neroli|橙花; tea|White tea|白茶; rose|Rose|玫瑰", 3),
    "shade": _axis("shade", "Shade|色号", "01|01 Rosewood|01 檀木玫瑰; 02|02 Terracotta|02 陶土; 03|03 Berry|03 浆果; 04|04 Nude|04 裸色", 3),
    "pack": _axis("weight", "Weight|净重", "250g|250 g|250 克; 500g|500 g|500 克|1.85|1.95; 1kg|1 kg|1 千克|3.4|3.85"),
    "portion": _axis("weight", "Weight|净重", "500g|500 g|500 克; 1kg|1 kg|1 千克|1.9|1.95"),
    "age": _axis("age", "Age|适用年龄", "3|From 3 years|3 岁以上; 6|From 6 years|6 岁以上|1.15|1.2"),
    "pieces": _axis("pieces", "Pieces|件数", "2|2 pieces|2 件; 4|4 pieces|4 件|1.9|1.95; 6|6 pieces|6 件|2.75|2.9"),
    "width": _axis("width", "Width|宽度", "80|80 cm|80 厘米; 120|120 cm|120 厘米|1.35|1.45; 160|160 cm|160 厘米|1.7|1.9"),
    "amount": _axis("amount", "Amount|面额", "small|Small|小额; medium|Medium|中额|2; large|Large|大额|4"),
    "licence": _axis("licence", "Licence|授权", "one|1 device|1 台设备; family|5 devices|5 台设备|1.8; year2|5 devices, 2 years|5 台设备两年|3.1"),
    "format": _axis("format", "Format|格式", "epub|EPUB|EPUB; pdf|PDF|PDF; audio|Audiobook|有声书|1.5"),
}  # fmt: skip
