# ruff: noqa: E501 - a row of a table stays on its line; Chinese characters count double
"""Seats, tables and storage, for the table and the room."""

from infra.seed.model import Department, Noun, Shelf, Words

FURNITURE = Department(
    "Home & furniture", "家居家具", "Werkbank|工作台|DE; Muya|木雅|CN; Fjordhem|峡湾|DK; Bossa Casa|巴萨|BR",
    (
        Shelf(
            "Seats", "坐具", "chair", "for the dining table|餐厅; for reading|阅读; for home office|居家办公; for the balcony|阳台",
            Words("Chairs are bought with the eye and sat on with the back.", "椅子用眼睛买，却要用腰背坐。"),
            Words("Seat and back follow the body, and every screw can be tightened again.", "座面与靠背贴合身体，每颗螺丝都可再次拧紧。"),
            Words("Does it come assembled?", "到货是否已组装？"),
            Words("Four screws are left to you; the tool is in the box.", "只需拧四颗螺丝，工具已附。"),
            (
                Noun("chair", "椅子", "89.00", 6200, (580, 520, 480), "tone",
                     "oak|橡木|940169; steel|钢制|940179; upholstered beech|软包榉木|940161",
                     "stackable|可叠放; with armrests|带扶手; folding|折叠; spindle-back|杆背", "CN PL DK"),
                Noun("stool", "凳子", "45.00", 3600, (420, 420, 460), "tone",
                     "oak|橡木|940169; bamboo|竹制|940152; steel|钢制|940179",
                     "bar height|吧台高; step|踏步; round|圆形; stackable|可叠放", "CN PL VN"),
                Noun("armchair", "扶手椅", "249.00", 14500, (820, 760, 700), "colour",
                     "upholstered oak|软包橡木|940161; upholstered steel|软包钢架|940171; rattan|藤编|940153",
                     "high-back|高背; rocking|摇椅; compact|小户型; reclining|可躺", "CN IT ID"),
            ),
        ),
        Shelf(
            "Tables & storage", "桌柜", "shelf", "for small flats|小户型; for the hallway|玄关; for children's rooms|儿童房; for the kitchen|厨房",
            Words("There is never enough room for things, and boxes do not make it nicer.", "东西总是没处放，堆箱子也不好看。"),
            Words("It uses the height of the wall and hides what need not be seen.", "利用墙面高度，把不必看见的收起来。"),
            Words("Can I return it if it does not fit?", "尺寸不合适可以退吗？"),
            Words("Yes; keep the box, in which it travels flat.", "可以，请保留包装箱，平板包装便于寄回。"),
            (
                Noun("shelf", "置物架", "79.00", 11000, (1250, 380, 120), "width tone",
                     "oak|橡木|940360; steel|钢制|940320; bamboo|竹制|940382",
                     "wall-mounted|壁挂; ladder|梯形; corner|转角; modular|模块", "CN PL"),
                Noun("table", "桌子", "159.00", 18500, (1280, 780, 140), "width tone",
                     "oak|橡木|940360; ash|白蜡木|940360; steel and glass|钢化玻璃|940320",
                     "extendable|可伸缩; folding|折叠; round|圆形; height-adjustable|可升降", "CN PL DK"),
                Noun("bedside table", "床头柜", "69.00", 8200, (480, 420, 420), "tone",
                     "oak|橡木|940350; rattan|藤编|940383; walnut|胡桃木|940350",
                     "with drawer|带抽屉; floating|悬浮; round|圆形; with charger|带充电", "CN VN"),
                Noun("storage box", "收纳箱", "19.90", 900, (400, 300, 240), "colour",
                     "plastic|塑料|392490; bamboo|竹制|442191; felt|毛毡|630790",
                     "stackable|可叠放; with lid|带盖; on wheels|带轮; folding|折叠", "CN"),
            ),
        ),
        Shelf(
            "Tableware & light", "餐具灯饰", "mug", "for every day|日常; for guests|宴客; as a present|送礼; for two|双人",
            Words("Plates that chip and pans that stick are thrown away within the year.", "易崩口的盘子和粘锅的锅，一年内就会被扔掉。"),
            Words("Fired or forged hot and made without coating, these last for decades.", "高温烧制或锻造、不靠涂层，可用数十年。"),
            Words("Is it dishwasher-safe?", "可以用洗碗机吗？"),
            Words("Everything but wood and bamboo.", "除木竹制品外均可。"),
            (
                Noun("mug", "马克杯", "12.90", 420, (130, 110, 110), "colour pieces",
                     "porcelain|瓷|691110; stoneware|粗陶|691200; glass|玻璃|701337",
                     "large|大容量; handleless|无柄; double-walled|双层; hand-glazed|手工施釉", "CN PT JP"),
                Noun("chopping board", "砧板", "22.00", 1300, (400, 280, 30), "",
                     "bamboo|竹制|441911; oak|橡木|441990; recycled plastic|再生塑料|392410",
                     "with groove|带汁槽; end-grain|端面拼接; reversible|双面; with handle|带柄", "CN SE"),
                Noun("pan", "平底锅", "49.00", 1900, (460, 280, 80), "",
                     "stainless steel|不锈钢|732393; cast iron|铸铁|732391; aluminium|铝制|761510",
                     "24 cm|24 厘米; 28 cm|28 厘米; high-sided|深型; with lid|带盖", "CN FR IT"),
                Noun("floor lamp", "落地灯", "119.00", 5200, (1450, 320, 120), "plug",
                     "oak|橡木|940521; brass|黄铜|940521; steel|钢制|940521",
                     "arc|弧形; tripod|三脚; reading|阅读; dimmable|可调光", "CN DK"),
            ),
        ),
    ),
)  # fmt: skip
