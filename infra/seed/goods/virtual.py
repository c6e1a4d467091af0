# ruff: noqa: E501 - a row of a table stays on its line; Chinese characters count double
"""Gift cards, books and courses to download, software: nothing to pack."""

from infra.seed.model import Department, Noun, Shelf, Words

VIRTUAL = Department(
    "Digital goods", "虚拟商品", "Caravan|驼队|DE; Lernwerk|学坊|DE; Zhiyu|知屿|CN; Paperkite|纸鸢|GB",
    (
        Shelf(
            "Gift cards", "礼品卡", "card", "for birthdays|生日; for thanks|答谢; for the new year|新年",
            Words("It is the evening before, and there is still no present.", "明天就是生日，礼物还没着落。"),
            Words("This one arrives within a minute, by e-mail, and never goes out of style.", "一分钟内以邮件送达，永不过时。"),
            Words("How long is it valid?", "有效期多久？"),
            Words("Three years to the end of the year.", "三年，至年末有效。"),
            (
                Noun("gift card", "礼品卡", "25.00", 0, (0, 0, 0), "amount",
                     "home|家居; beauty|美妆; books|图书", "birthday|生日; wedding|婚礼; new year|新年; thank you|感谢"),
                Noun("experience voucher", "体验券", "39.00", 0, (0, 0, 0), "amount",
                     "cooking|烹饪; wine tasting|品酒; pottery|陶艺", "for two|双人; for families|亲子; weekend|周末; online|线上"),
            ),
        ),
        Shelf(
            "Books & courses", "电子书与课程", "book", "for beginners|入门; for evenings|夜读; for the commute|通勤",
            Words("One wants to learn something and never finds the time for a class.", "想学点东西，却总抽不出时间上课。"),
            Words("Short chapters, each finished in a quarter of an hour, work on every device.", "章节短小，一刻钟一节，各种设备都能学。"),
            Words("Can I read it without a connection?", "可以离线阅读吗？"),
            Words("Yes, once it has been downloaded.", "下载后即可离线使用。"),
            (
                Noun("e-book", "电子书", "6.90", 0, (0, 0, 0), "format",
                     "cooking|烹饪; travel|旅行; gardening|园艺",
                     "illustrated|插图; bilingual|双语; for children|儿童; pocket guide|袖珍指南"),
                Noun("language course", "语言课程", "49.00", 0, (0, 0, 0), "",
                     "Chinese|汉语; German|德语; Portuguese|葡萄牙语",
                     "A1|A1 级; A2|A2 级; B1|B1 级; business|商务"),
                Noun("photo course", "摄影课程", "35.00", 0, (0, 0, 0), "",
                     "portrait|人像; landscape|风光; product|产品", "basics|基础; light|用光; editing|后期; smartphone|手机"),
            ),
        ),
        Shelf(
            "Software", "软件", "window", "for families|家庭; for students|学生; for freelancers|自由职业者",
            Words("Software that wants an account for everything knows more than it should.", "什么都要注册账号的软件，知道得太多。"),
            Words("This works without one and keeps the data on your own device.", "无需账号，数据只保存在您自己的设备上。"),
            Words("How do I get the key?", "如何获取激活码？"),
            Words("By e-mail, a minute after payment.", "付款后一分钟内以邮件发送。"),
            (
                Noun("password manager", "密码管理器", "19.00", 0, (0, 0, 0), "licence",
                     "offline|离线; synchronised|同步; shared|共享", "basic|基础版; plus|增强版; family|家庭版; team|团队版"),
                Noun("photo editor", "图片编辑软件", "29.00", 0, (0, 0, 0), "licence",
                     "raw|RAW 处理; collage|拼图; retouching|修图", "light|轻量版; studio|工作室版; batch|批处理版; mobile|移动版"),
                Noun("backup tool", "备份工具", "24.00", 0, (0, 0, 0), "licence",
                     "local|本地; encrypted|加密; versioned|版本化", "home|家庭版; pro|专业版; server|服务器版; portable|便携版"),
            ),
        ),
    ),
    tax_category="digital",
    return_rule="none",
    virtual=True,
)  # fmt: skip
