# ruff: noqa: E501 - a row of a table stays on its line; Chinese characters count double
"""Clothing, shoes and bags, home textiles."""

from infra.seed.model import Department, Noun, Shelf, Words

_FIT = "relaxed fit|宽松版; slim fit|修身版; cropped|短款; longline|长款"

TEXTILES = Department(
    "Clothing & textiles", "服饰家纺", "Nordlicht|北光|DE; Ostwind|东风|CN; Casa Ribeira|河岸|PT; Lumen & Loom|织光|GB",
    (
        Shelf(
            "Clothing", "服装", "shirt", "for the office|通勤; for summer days|夏日; for travelling|旅行; for the weekend|周末",
            Words("Clothes that look good in the picture often pinch, fade or lose their shape after three washes.",
                  "照片上好看的衣服，往往洗三次就紧绷、褪色或变形。"),
            Words("This one is cut with ease, dyed in the yarn and washed before sewing, so that it stays as you bought it.",
                  "这一款裁剪宽裕、先染纱再织布，缝制前已预缩，久穿如新。"),
            Words("How do I find my size?", "如何选择尺码？"),
            Words("Measure a garment that fits you lying flat and compare it with the size chart.", "将合身的衣服平铺测量，再与尺码表对照即可。"),
            (
                Noun("T-shirt", "T恤", "17.90", 180, (280, 220, 20), "size colour",
                     "organic cotton|有机棉|610910; bamboo viscose|竹纤维|610990; merino wool|美利奴羊毛|610990", _FIT, "PT CN IN"),
                Noun("shirt", "衬衫", "45.00", 260, (320, 240, 30), "size colour",
                     "cotton poplin|府绸棉|620520; linen|亚麻|620590; easy-care blend|免烫混纺|620530", _FIT, "PT CN TR"),
                Noun("jumper", "针织衫", "59.00", 420, (340, 280, 60), "size colour",
                     "cotton|纯棉|611020; lambswool|羊羔毛|611011; recycled polyester|再生涤纶|611030", _FIT, "IT CN BD"),
                Noun("trousers", "长裤", "55.00", 480, (340, 280, 50), "size colour",
                     "cotton twill|斜纹棉|620342; stretch synthetic|弹力化纤|620343; denim|牛仔布|620342", _FIT, "TR CN VN"),
                Noun("dress", "连衣裙", "69.00", 380, (340, 280, 40), "size colour",
                     "cotton|纯棉|620442; crêpe polyester|雪纺涤纶|620443; viscose|粘胶纤维|620444", _FIT, "CN IN PT"),
            ),
        ),
        Shelf(
            "Shoes & bags", "鞋包", "shoe", "for the city|城市步行; for commuting|通勤; for day trips|短途出行",
            Words("Shoes and bags wear out first where they bend, and nobody repairs them.", "鞋包最先坏在弯折处，而且无人肯修。"),
            Words("Seams at these places are doubled, and soles and straps can be replaced.", "这些部位采用双重缝线，鞋底与背带均可更换。"),
            Words("How do I clean it?", "如何清洁？"),
            Words("Brush off dry dirt, wipe with a damp cloth and let it dry in the air.", "先刷去干泥，再用湿布擦拭，自然晾干。"),
            (
                Noun("sneakers", "休闲鞋", "65.00", 780, (330, 210, 120), "shoe colour",
                     "canvas|帆布|640419; knitted textile|针织面料|640411; leather|真皮|640399",
                     "low-top|低帮; high-top|高帮; slip-on|一脚蹬; wide-last|宽楦", "VN CN PT"),
                Noun("backpack", "双肩包", "49.00", 720, (460, 300, 90), "colour",
                     "recycled nylon|再生尼龙|420292; waxed canvas|油蜡帆布|420292; leather|真皮|420291",
                     "roll-top|卷口; laptop|电脑夹层; compact|轻便; water-repellent|防泼水", "VN CN"),
                Noun("shoulder bag", "单肩包", "39.00", 430, (320, 260, 80), "colour",
                     "canvas|帆布|420222; leather|真皮|420221; quilted nylon|绗缝尼龙|420222",
                     "crossbody|斜挎; tote|托特; saddle|马鞍; zipped|拉链", "CN IT"),
            ),
        ),
        Shelf(
            "Home textiles", "家纺", "blanket", "for the bedroom|卧室; for guests|待客; for winter nights|冬夜; for the bath|浴室",
            Words("Bedding that feels soft in the shop may sleep hot and pill after a few weeks.", "店里摸着柔软的床品，可能睡着闷热，几周就起球。"),
            Words("Long fibres and a dense weave keep this one smooth and let it breathe.", "长纤维与高密度织法让它持久顺滑又透气。"),
            Words("At what temperature may I wash it?", "可以用多高的温度洗涤？"),
            Words("At 60 °C, and at 40 °C if you want the colours to last longest.", "可用 60 °C 洗涤；若想颜色更持久，建议 40 °C。"),
            (
                Noun("bed linen set", "床品套件", "59.00", 1900, (380, 300, 90), "bed",
                     "cotton sateen|棉贡缎|630231; washed linen|水洗亚麻|630239; bamboo lyocell|竹莱赛尔|630239",
                     "plain|纯色; striped|条纹; checked|格纹; piped|包边", "PT CN IN"),
                Noun("blanket", "毯子", "45.00", 1100, (400, 320, 110), "colour",
                     "cotton|纯棉|630130; lambswool|羊羔毛|630120; recycled polyester|再生涤纶|630140",
                     "waffle|华夫格; fringed|流苏; herringbone|人字纹; reversible|双面", "PT CN NZ"),
                Noun("bath towel", "浴巾", "16.90", 620, (360, 260, 80), "colour pieces",
                     "cotton terry|棉毛圈|630260; cotton and linen|棉麻|630291; bamboo and cotton|竹棉|630260",
                     "extra thick|加厚; quick-drying|速干; ribbed|螺纹; hooked|带挂环", "PT CN TR"),
            ),
        ),
    ),
)  # fmt: skip
