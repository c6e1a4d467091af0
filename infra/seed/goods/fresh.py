# ruff: noqa: E501 - a row of a table stays on its line; Chinese characters count double
"""Fruit and vegetables, dairy, fish and meat: chilled, for the markets near a warehouse."""

from infra.seed.model import Department, Noun, Shelf, Words

FRESH = Department(
    "Fresh food", "生鲜", "Hofladen|农庄|DE; Xianda|鲜达|CN; Noorderzee|北海|NL; Huerta|菜园|ES",
    (
        Shelf(
            "Fruit & vegetables", "水果蔬菜", "apple", "for the lunch box|便当; for juicing|榨汁; for salads|沙拉",
            Words("Fruit from far away is picked unripe and tastes of nothing.", "远道而来的水果常在未熟时采摘，淡而无味。"),
            Words("This is picked ripe and is with you within two days.", "成熟时采摘，两天内送达。"),
            Words("What if something is spoilt?", "如果有坏果怎么办？"),
            Words("Send us a photograph within 24 hours; you get your money back.", "24 小时内拍照告知，即可退款。"),
            (
                Noun("apples", "苹果", "2.90", 530, (240, 160, 90), "portion",
                     "Braeburn|布瑞本|080810; Fuji|富士|080810; Elstar|艾尔斯塔|080810",
                     "organic|有机; unwaxed|不打蜡; small|小果; juicing|榨汁用", "DE CN NL"),
                Noun("oranges", "橙子", "3.20", 540, (240, 160, 100), "portion",
                     "Navel|脐橙|080510; Valencia|夏橙|080510; blood|血橙|080510",
                     "organic|有机; untreated|未处理; thin-skinned|薄皮; juicing|榨汁用", "ES CN IT"),
                Noun("tomatoes", "番茄", "3.50", 540, (220, 150, 90), "portion",
                     "cherry|樱桃|070200; beefsteak|牛排|070200; plum|李形|070200",
                     "on the vine|带藤; organic|有机; sun-ripened|自然熟; mixed colours|彩色", "NL ES CN"),
                Noun("strawberries", "草莓", "4.50", 530, (200, 130, 80), "portion",
                     "Clery|克莱丽|081010; Benihoppe|红颜|081010; Gariguette|加里格特|081010",
                     "greenhouse|温室; organic|有机; extra sweet|特甜; picked today|当日采摘", "NL CN FR"),
            ),
        ),
        Shelf(
            "Dairy & cheese", "乳品奶酪", "cheese", "for breakfast|早餐; for the cheese board|奶酪拼盘; for baking|烘焙",
            Words("Dairy products lose taste with each week in a warehouse.", "乳制品在仓库里每多放一周，风味就少一分。"),
            Words("Small dairies fill this for us every night.", "由小型乳品坊每晚为我们灌装。"),
            Words("How is it cooled on the way?", "运输途中如何保冷？"),
            Words("In an insulated box with ice packs, at most 7 °C.", "保温箱加冰袋，不高于 7 °C。"),
            (
                Noun("yoghurt", "酸奶", "2.40", 560, (120, 120, 120), "portion",
                     "cow's milk|牛奶|040320; goat's milk|羊奶|040320; sheep's milk|绵羊奶|040320",
                     "plain|原味; set|凝固型; drinking|饮用型; high-protein|高蛋白", "DE NL CN"),
                Noun("hard cheese", "硬质奶酪", "7.90", 280, (150, 100, 60), "pack",
                     "mountain|高山|040690; Gouda|高达|040690; goat|山羊|040690",
                     "aged 6 months|六个月熟成; aged 12 months|十二个月熟成; with herbs|香草; smoked|烟熏", "AT NL"),
                Noun("fresh cheese", "鲜奶酪", "3.90", 280, (130, 130, 60), "pack",
                     "mozzarella|马苏里拉|040610; ricotta|里科塔|040610; cream|奶油|040610",
                     "buffalo|水牛奶; light|低脂; with chives|细香葱; whipped|打发", "IT DE"),
            ),
        ),
        Shelf(
            "Fish & meat", "鱼肉禽", "fish", "for the grill|烧烤; for the wok|爆炒; for Sunday|周末家宴",
            Words("Of fish and meat one wants to know where they come from.", "鱼和肉，总想知道来自哪里。"),
            Words("Boat or farm and the day are printed on the label.", "标签上印有渔船或农场与日期。"),
            Words("May I freeze it?", "可以冷冻吗？"),
            Words("Yes, on the day of delivery; use it within three months.", "可以，请于收货当日冷冻，三个月内食用。"),
            (
                Noun("fillet", "鱼柳", "11.90", 540, (260, 180, 40), "portion",
                     "salmon|三文鱼|030441; trout|鳟鱼|030442; cod|鳕鱼|030444",
                     "skin-on|带皮; boneless|去刺; in portions|分切; sashimi grade|刺身级", "NO DK IS"),
                Noun("beef", "牛肉", "13.90", 540, (250, 180, 60), "portion",
                     "rib-eye|肉眼|020130; fillet|里脊|020130; brisket|牛腩|020130",
                     "dry-aged|干式熟成; grass-fed|草饲; thinly sliced|薄切; diced|切块", "IE DE CN"),
                Noun("chicken", "鸡肉", "6.90", 540, (250, 180, 60), "portion",
                     "breast|鸡胸|020713; thigh|鸡腿|020713; wing|鸡翅|020713",
                     "free-range|散养; organic|有机; marinated|腌制; corn-fed|玉米饲喂", "DE FR CN"),
            ),
        ),
    ),
    tax_category="reduced_food",
    return_rule="none",
    fresh=True,
)  # fmt: skip
