# ruff: noqa: E501 - a row of a table stays on its line; Chinese characters count double
"""Skin care, make-up and hair, scents for the home."""

from infra.seed.model import Department, Noun, Shelf, Words

_SKIN = "for dry skin|干性肌肤适用; for sensitive skin|敏感肌适用; for combination skin|混合肌适用; for mature skin|熟龄肌适用"

BEAUTY = Department(
    "Beauty & care", "美妆个护", "Botanica Vera|真植|FR; Hanabi|花火|JP; Alm & Tal|山谷|AT; Suyan|素颜|CN",
    (
        Shelf(
            "Skin care", "护肤", "bottle", "for the morning|日间; for the night|夜间; for travelling|旅行",
            Words("Long lists of ingredients promise much and irritate the skin.", "冗长的成分表承诺很多，却容易刺激肌肤。"),
            Words("This formula has few ingredients, each in the amount that works, and no perfume.", "配方精简，每种成分都用到有效浓度，不添加香精。"),
            Words("How long does it keep?", "保质期多久？"),
            Words("Unopened three years, opened twelve months.", "未开封三年，开封后十二个月。"),
            (
                Noun("face cream", "面霜", "19.90", 90, (70, 70, 70), "volume",
                     "ceramide|神经酰胺|330499; squalane|角鲨烷|330499; oat|燕麦|330499", _SKIN, "FR KR CN"),
                Noun("serum", "精华液", "22.00", 80, (50, 50, 120), "volume",
                     "hyaluronic acid|透明质酸|330499; vitamin C|维生素 C|330499; niacinamide|烟酰胺|330499", _SKIN, "KR JP FR"),
                Noun("facial cleanser", "洁面乳", "12.90", 130, (60, 45, 170), "bottle",
                     "amino acid|氨基酸|340130; rice water|米水|340130; chamomile|洋甘菊|340130", _SKIN, "JP CN AT"),
                Noun("sunscreen", "防晒霜", "17.90", 90, (55, 40, 150), "volume",
                     "mineral|物理防晒|330499; light fluid|轻薄乳液|330499; tinted|润色|330499", _SKIN, "KR FR AU"),
            ),
        ),
        Shelf(
            "Make-up & hair", "彩妆与美发", "lipstick", "for every day|日常; for the evening|晚宴; for photographs|上镜",
            Words("Colour that is bright in the morning has gone by noon, and shampoos dry out the tips.", "早晨鲜亮的妆容中午就褪，洗发水又让发梢干枯。"),
            Words("Fine pigments and plant oils hold until the evening and come off with water.", "细腻色粉与植物油脂持妆到晚，清水即可卸除。"),
            Words("Is it tested on animals?", "是否做动物测试？"),
            Words("No, neither the product nor its ingredients.", "没有，成品与原料均不做动物测试。"),
            (
                Noun("lipstick", "口红", "15.90", 35, (30, 30, 90), "shade",
                     "shea butter|乳木果油|330410; jojoba|荷荷巴油|330410; beeswax|蜂蜡|330410",
                     "matt|哑光; satin|缎光; sheer|水润; long-wearing|持久", "IT FR CN"),
                Noun("mascara", "睫毛膏", "14.90", 40, (30, 30, 140), "colour",
                     "carnauba wax|棕榈蜡|330420; plant fibre|植物纤维|330420; castor oil|蓖麻油|330420",
                     "volumising|浓密; lengthening|纤长; waterproof|防水; tubing|管状易卸", "IT KR CN"),
                Noun("shampoo", "洗发水", "9.90", 300, (70, 50, 200), "bottle",
                     "rosemary|迷迭香|330510; argan|摩洛哥坚果|330510; ginger|生姜|330510",
                     "for fine hair|细软发质; for coloured hair|染后; for dry hair|干枯发质; against dandruff|去屑", "DE JP CN"),
                Noun("hair mask", "发膜", "12.90", 280, (90, 90, 80), "bottle",
                     "keratin|角蛋白|330590; coconut|椰子|330590; camellia|山茶花|330590",
                     "repairing|修护; smoothing|柔顺; moisturising|滋润; curl-defining|卷发定型", "KR JP BR"),
            ),
        ),
        Shelf(
            "Soap & scent", "香氛与皂", "candle", "for the living room|客厅; for the bath|浴室; as a present|送礼",
            Words("Cheap scents fill a room and give a headache.", "廉价香味充满房间，却让人头疼。"),
            Words("Composed of natural oils and used sparingly, these stay in the background.", "以天然精油调制、用量克制，香气若有若无。"),
            Words("Is it suitable as a present?", "适合送礼吗？"),
            Words("Yes, it comes in a box without a price.", "适合，附礼盒包装且不含价格标签。"),
            (
                Noun("soap bar", "手工皂", "6.90", 120, (90, 60, 35), "scent",
                     "olive oil|橄榄油|340111; goat's milk|羊奶|340111; clay|泥|340111",
                     "cold-processed|冷制; exfoliating|去角质; creamy|绵密泡沫; travel|旅行装", "FR AT CN"),
                Noun("candle", "香薰蜡烛", "19.90", 380, (90, 90, 110), "scent",
                     "soy wax|大豆蜡|340600; beeswax|蜂蜡|340600; rapeseed wax|菜籽蜡|340600",
                     "in a glass|玻璃杯装; in a tin|铁罐装; pillar|柱形; three-wick|三芯", "GB CN FR"),
                Noun("eau de parfum", "香水", "49.00", 160, (70, 50, 130), "volume scent",
                     "citrus|柑橘调|330300; woody|木质调|330300; floral|花香调|330300",
                     "light|清淡; intense|浓郁; unisex|中性; roll-on|走珠", "FR IT"),
            ),
        ),
    ),
    return_rule="unopened",
)  # fmt: skip
