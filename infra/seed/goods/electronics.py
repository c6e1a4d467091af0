# ruff: noqa: E501 - a row of a table stays on its line; Chinese characters count double
"""Sound and accessories, computers, household appliances."""

from infra.seed.model import Department, Noun, Shelf, Words

ELECTRONICS = Department(
    "Electronics", "电子电器", "Pelago|群岛|CN; Volta Norte|北电|ES; Kirin Works|麒麟工坊|JP; Hertzfeld|赫兹菲|DE",
    (
        Shelf(
            "Sound & mobile", "影音与手机配件", "headphones", "for commuting|通勤; for home office|居家办公; for sport|运动; for travelling|旅行",
            Words("Noise, empty batteries and tangled cables spoil the way to work.", "噪音、没电和缠绕的线，让通勤变得烦心。"),
            Words("It lasts a whole day, charges by USB-C and comes with a case that holds everything.", "续航一整天，USB-C 充电，附收纳盒一应俱全。"),
            Words("Does it work with my phone?", "能配合我的手机使用吗？"),
            Words("Yes, with any phone that has Bluetooth 5 or USB-C.", "可以，支持蓝牙 5 或 USB-C 的手机均可使用。"),
            (
                Noun("headphones", "头戴式耳机", "79.00", 420, (210, 190, 90), "colour",
                     "aluminium|铝合金|851830; recycled plastic|再生塑料|851830; walnut|胡桃木|851830",
                     "noise-cancelling|主动降噪; open-back|开放式; foldable|可折叠; wired|有线", "CN VN"),
                Noun("earbuds", "真无线耳机", "49.00", 110, (110, 90, 40), "colour",
                     "matt plastic|磨砂塑料|851830; ceramic|陶瓷|851830; aluminium|铝合金|851830",
                     "noise-cancelling|主动降噪; sport|运动防汗; sleep|睡眠; bone-conducting|骨传导", "CN VN"),
                Noun("Bluetooth speaker", "蓝牙音箱", "59.00", 760, (200, 110, 110), "colour",
                     "fabric|织物|851821; bamboo|竹制|851822; silicone|硅胶|851821",
                     "waterproof|防水; bookshelf|书架式; pocket|口袋; party|户外派对", "CN"),
                Noun("power bank", "充电宝", "25.00", 190, (140, 90, 30), "power",
                     "aluminium|铝合金|850760; recycled plastic|再生塑料|850760; silicone|硅胶|850760",
                     "fast-charging|快充; magnetic|磁吸; slim|超薄; solar|太阳能", "CN"),
            ),
        ),
        Shelf(
            "Computer accessories", "电脑配件", "keyboard", "for home office|居家办公; for gaming|游戏; for students|学生; for designers|设计师",
            Words("A desk full of cables and a keyboard that tires the hands cost concentration.", "桌面线缆杂乱、键盘费手，都在消耗专注力。"),
            Words("Quiet, precise and wireless, it leaves room on the desk and can be paired with three devices.", "安静精准、无线连接，腾出桌面，并可与三台设备配对。"),
            Words("Which systems does it support?", "支持哪些系统？"),
            Words("Windows, macOS, Linux, iPadOS and Android, without a driver.", "支持 Windows、macOS、Linux、iPadOS 与安卓，免驱动。"),
            (
                Noun("keyboard", "键盘", "69.00", 820, (400, 170, 50), "colour",
                     "aluminium|铝合金|847160; recycled plastic|再生塑料|847160; walnut|胡桃木|847160",
                     "mechanical|机械轴; low-profile|矮轴; split|分体人体工学; compact 75 %|75% 紧凑配列", "CN"),
                Noun("mouse", "鼠标", "35.00", 160, (150, 100, 60), "colour",
                     "recycled plastic|再生塑料|847160; magnesium|镁合金|847160; cork|软木|847160",
                     "vertical|垂直; silent|静音; trackball|轨迹球; lightweight|轻量", "CN"),
                Noun("external SSD", "移动固态硬盘", "69.00", 110, (130, 90, 30), "storage",
                     "aluminium|铝合金|847170; silicone-clad|硅胶包覆|847170; glass|玻璃|847170",
                     "rugged|三防; encrypted|加密; pocket|口袋; high-speed|高速", "KR CN"),
                Noun("webcam", "摄像头", "55.00", 220, (150, 100, 70), "colour",
                     "aluminium|铝合金|852589; recycled plastic|再生塑料|852589; fabric|织物|852589",
                     "4K|4K 超清; low-light|弱光; wide-angle|广角; with privacy shutter|带隐私盖", "CN"),
            ),
        ),
        Shelf(
            "Household appliances", "生活电器", "kettle", "for small kitchens|小厨房; for breakfast|早餐; for families|家庭; for the bathroom|浴室",
            Words("Most small appliances are loud, hard to clean and last as long as their guarantee.", "多数小家电噪音大、难清洗，过了保修期就坏。"),
            Words("It has few parts, all of them to be bought one by one, and a motor that is heard next door by nobody.", "零件少且可单独购买，电机安静，不扰邻里。"),
            Words("Which plug do I need?", "需要哪种插头？"),
            Words("The one of your country: choose it above; the voltage fits it.", "请选择您所在国家的插头，电压与之匹配。"),
            (
                Noun("kettle", "电热水壶", "49.00", 1300, (260, 220, 240), "plug",
                     "stainless steel|不锈钢|851679; glass|玻璃|851679; enamelled steel|珐琅钢|851679",
                     "gooseneck|细口手冲; temperature-controlled|控温; double-walled|双层防烫; compact|小容量", "CN"),
                Noun("hair dryer", "吹风机", "59.00", 760, (290, 230, 100), "plug",
                     "recycled plastic|再生塑料|851631; aluminium|铝合金|851631; nylon composite|尼龙复合|851631",
                     "ionic|负离子; foldable|可折叠; quiet|低噪; diffuser|带扩散风罩", "CN"),
                Noun("blender", "搅拌机", "65.00", 2200, (260, 220, 400), "plug",
                     "glass|玻璃|850940; Tritan|Tritan 材质|850940; stainless steel|不锈钢|850940",
                     "portable|便携; high-speed|破壁; silent|静音; soup|可加热", "CN"),
                Noun("desk lamp", "台灯", "45.00", 1100, (420, 200, 120), "plug",
                     "aluminium|铝合金|940521; oak|橡木|940521; steel|钢制|940521",
                     "dimmable|可调光; clamp-on|夹式; wireless-charging|带无线充电; folding|折叠", "CN"),
            ),
        ),
    ),
)  # fmt: skip
