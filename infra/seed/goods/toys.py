# ruff: noqa: E501 - a row of a table stays on its line; Chinese characters count double
"""Toys and games, sport and outdoors, paper and drawing."""

from infra.seed.model import Department, Noun, Shelf, Words

TOYS = Department(
    "Toys & leisure", "玩具休闲", "Klötzli|小积木|CH; Xiaoniao|小鸟|CN; Foxglove|毛地黄|GB; Rio Kids|里约童趣|BR",
    (
        Shelf(
            "Toys", "玩具", "blocks", "for rainy days|雨天; for two|双人游戏; for birthdays|生日; for kindergarten|幼儿园",
            Words("Most toys are played with for one afternoon.", "多数玩具只能玩一个下午。"),
            Words("This one has no single right way of playing, so it grows with the child.", "它没有唯一的玩法，能陪伴孩子一起成长。"),
            Words("Is it safe for small children?", "对幼儿安全吗？"),
            Words("It is tested to EN 71; mind the age on the box because of small parts.", "符合 EN 71 标准；因含小零件，请注意包装上的年龄提示。"),
            (
                Noun("building blocks", "积木", "29.00", 1400, (300, 220, 120), "age",
                     "beech|榉木|950300; cork|软木|950300; bioplastic|生物塑料|950300",
                     "rainbow|彩虹; castle|城堡; animal|动物; magnetic|磁力", "DE CN CZ"),
                Noun("soft toy", "毛绒玩具", "19.90", 280, (280, 180, 150), "few_sizes",
                     "organic cotton|有机棉|950300; wool felt|羊毛毡|950300; recycled plush|再生毛绒|950300",
                     "bear|小熊; rabbit|兔子; panda|熊猫; whale|鲸鱼", "CN VN"),
                Noun("puzzle", "拼图", "16.90", 620, (300, 220, 50), "age",
                     "wooden|木质|950300; cardboard|纸板|950300; foam|泡棉|950300",
                     "world map|世界地图; animals|动物; night sky|星空; city|城市", "DE CN PL"),
                Noun("train set", "小火车套装", "45.00", 2100, (420, 300, 110), "age",
                     "beech|榉木|950300; bamboo|竹制|950300; steel and wood|钢木|950300",
                     "figure-eight|八字轨道; harbour|港口; mountain|山地; freight|货运", "DE CN"),
            ),
        ),
        Shelf(
            "Games", "桌游棋牌", "dice", "for families|家庭聚会; for two|双人; for travelling|旅行; for long evenings|漫长夜晚",
            Words("Rules of thirty pages send a game to the attic.", "三十页的规则，会让一款游戏束之高阁。"),
            Words("Explained in five minutes and different every time, this one stays on the table.", "五分钟讲完规则，每局都不同，一直留在桌上。"),
            Words("In which languages are the rules?", "规则有哪些语言？"),
            Words("English and Chinese are in the box; six more are on our site.", "盒内附中英文规则，网站另有六种语言。"),
            (
                Noun("board game", "桌游", "32.00", 1200, (300, 300, 70), "",
                     "wooden|木质|950490; cardboard|纸板|950490; linen-board|亚麻纸板|950490",
                     "cooperative|合作; strategy|策略; trading|贸易; word|文字", "DE CN PL"),
                Noun("card game", "纸牌游戏", "11.90", 180, (130, 100, 30), "",
                     "linen-finish paper|亚麻纹纸|950440; plastic-free paper|无塑纸|950440; waterproof|防水材质|950440",
                     "memory|记忆; bluffing|吹牛; patience|接龙; quiz|问答", "DE CN"),
                Noun("chess set", "国际象棋", "39.00", 1600, (400, 210, 70), "tone",
                     "maple|枫木|950490; magnetic plastic|磁性塑料|950490; bamboo|竹制|950490",
                     "folding|折叠; tournament|比赛; travel|旅行; with storage|带收纳", "IN CN PL"),
            ),
        ),
        Shelf(
            "Sport & drawing", "运动与绘画", "ball", "for the park|公园; for the living room|客厅; for school|学校; for the garden|花园",
            Words("Good intentions fail because the things for them are in the cellar.", "计划泡汤，常因器材都躺在地下室。"),
            Words("Small, light and quickly put away, these are at hand when you feel like it.", "小巧轻便、随手收纳，想动就能动。"),
            Words("Is there a bag with it?", "附收纳袋吗？"),
            Words("Yes, a cotton one.", "附棉质收纳袋一个。"),
            (
                Noun("yoga mat", "瑜伽垫", "35.00", 1500, (640, 130, 130), "colour",
                     "natural rubber|天然橡胶|950691; cork|软木|950691; TPE|TPE 材质|950691",
                     "extra wide|加宽; travel|旅行薄款; extra thick|加厚; with marks|带体位线", "CN IN PT"),
                Noun("football", "足球", "24.00", 430, (230, 230, 60), "colour",
                     "synthetic leather|合成革|950662; recycled polyester|再生涤纶|950662; rubber|橡胶|950662",
                     "training|训练; match|比赛; street|街头; light|轻量儿童", "PK CN"),
                Noun("colouring book", "涂色书", "8.90", 320, (300, 220, 15), "",
                     "recycled paper|再生纸|490300; watercolour paper|水彩纸|490300; bamboo paper|竹浆纸|490300",
                     "animals|动物; mandala|曼陀罗; cities|城市; botanical|植物", "GB CN"),
            ),
        ),
    ),
)  # fmt: skip
