"""Words that the sample firm's people, companies and products are named from."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """`明:ming 华:hua` as pairs of characters and their pinyin."""
    return tuple((word.partition(":")[0], word.partition(":")[2]) for word in text.split())


GERMAN_GIVEN = _words(
    """
    Mia Jonas Lena Felix Hanna Paul Clara Ben Marie Lukas Ida Emil Nora Anton Frieda
    Moritz Greta Oskar Johanna Theo Charlotte Jakob Mathilda Henri Luise Karl Helene Fritz
    Paula Konrad Amelie Leo Sofia Malte Elif Deniz Aylin Emre Zofia Marek Camille Hugo
    Chiara Matteo Ingrid Lars Freja Nils Birgit Thomas Katrin Stefan Anja Markus Silke
    Holger Petra Uwe Tanja Jens
    """
)
FAMILY = _words(
    """
    Petersen Brandt Hoffmann Krüger Lorenz Vogel Winkler Albrecht Sommer Graf Ziegler Pohl
    Seidel Heinrich Haas Schreiber Dietrich Kuhn Engel Horn Busch Bergmann Voigt Sauer
    Arnold Wolff Pfeiffer Beck Lindner Böhm Franke Kaiser Peters Scholz Jung Möller Hahn
    Keller Vogt Friedrich Günther Berger Roth Otto Simon Ludwig Winter Kraus Martin
    Schubert Jansen Yılmaz Kowalski Nowak Demir Rossi Larsen Nielsen Moreau Lefèvre Visser
    """
)
# Character and its pinyin, for addresses.
CHINESE_FAMILY = _pairs(
    """
    王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 赵:zhao 黄:huang 周:zhou 吴:wu 徐:xu 孙:sun 胡:hu
    朱:zhu 高:gao 林:lin 何:he 郭:guo 马:ma 罗:luo 梁:liang 宋:song 郑:zheng 谢:xie 韩:han 唐:tang
    冯:feng 于:yu 董:dong 萧:xiao 程:cheng 曹:cao 袁:yuan 邓:deng 许:xu 傅:fu 沈:shen 曾:zeng 彭:peng
    吕:lv
    """
)
CHINESE_GIVEN = _pairs(
    """
    伟:wei 芳:fang 娜:na 秀英:xiuying 敏:min 静:jing 丽:li 强:qiang 磊:lei 洋:yang 艳:yan 勇:yong 军:jun
    杰:jie 娟:juan 涛:tao 明:ming 超:chao 秀兰:xiulan 霞:xia 平:ping 刚:gang 桂英:guiying 子涵:zihan
    欣怡:xinyi 浩然:haoran 雨桐:yutong 思远:siyuan 嘉怡:jiayi 俊杰:junjie 梓萱:zixuan 宇轩:yuxuan
    诗涵:shihan 志强:zhiqiang 晓东:xiaodong 佳琪:jiaqi 一鸣:yiming 雪梅:xuemei 建国:jianguo 海燕:haiyan
    """
)

COMPANY_CORES = _words(
    """
    Ostsee Hanse Alster Elbe Spree Rhein Isar Neckar Main Havel Weser Harz Taunus Eifel
    Allgäu Schwarzwald Brinkmann Hansen Lüders Clausen Thomsen Wessels Reimers Behrens
    Steffens Kröger Lohmann Tiedemann Harms Bruns Ahlers Evers Janssen Meinecke Ritter
    Falk Adler Sperling Bär Löwe Hirsch Linde Eiche Birke Ahorn Nordlicht Morgenstern
    Sonnental Grünwald Rosenhof Steinbach Lindenau Bergfeld Talheim Marienau Neuhof
    Altmark Uckermark Prignitz Fläming Lausitz Vogtland Rhön Spessart Odenwald Hunsrück
    Westerwald Sauerland Münsterland Emsland Friesland Angeln Probstei Wagrien Nordfeld
    Südwall Ostertor Westend Hafen Speicher Anker Kompass Leuchtturm Brücken Mühlen
    Schmiede Kontor Werft Atlas Orion Polar Meridian Zenit Vega Lyra
    """
)
COMPANY_FORMS = ("GmbH", "GmbH", "GmbH", "GmbH & Co. KG", "AG", "KG", "OHG", "SE")
# Word in a company's name, its industry.
TRADES = (
    ("Logistik", "Logistics"), ("Spedition", "Logistics"), ("Lagerhaus", "Logistics"),
    ("Feinkost", "Food"), ("Backwaren", "Food"), ("Getränke", "Food"), ("Molkerei", "Food"),
    ("Maschinenbau", "Manufacturing"), ("Metallbau", "Manufacturing"), ("Werkzeuge", "Manufacturing"),
    ("Möbel", "Retail"), ("Moden", "Retail"), ("Versand", "E-commerce"), ("Onlinehandel", "E-commerce"),
    ("Pharma", "Healthcare"), ("Medizintechnik", "Healthcare"), ("Klinikbedarf", "Healthcare"),
    ("Elektronik", "Electronics"), ("Sensorik", "Electronics"), ("Baustoffe", "Construction"),
    ("Holzbau", "Construction"), ("Verlag", "Media"), ("Hotels", "Hospitality"), ("Catering", "Hospitality"),
)  # fmt: skip
# Places in which each team sells, by its address: name, region and, for Chinese ones, pinyin.
PLACES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "east": (
        ("Berlin", "Berlin", ""), ("Potsdam", "Brandenburg", ""), ("Cottbus", "Brandenburg", ""),
        ("Rostock", "Mecklenburg-Vorpommern", ""), ("Schwerin", "Mecklenburg-Vorpommern", ""),
        ("Leipzig", "Sachsen", ""), ("Dresden", "Sachsen", ""), ("Chemnitz", "Sachsen", ""),
        ("Magdeburg", "Sachsen-Anhalt", ""), ("Halle", "Sachsen-Anhalt", ""), ("Erfurt", "Thüringen", ""),
        ("Hamburg", "Hamburg", ""), ("Lübeck", "Schleswig-Holstein", ""), ("Kiel", "Schleswig-Holstein", ""),
    ),
    "west": (
        ("Köln", "Nordrhein-Westfalen", ""), ("Dortmund", "Nordrhein-Westfalen", ""),
        ("Münster", "Nordrhein-Westfalen", ""), ("Essen", "Nordrhein-Westfalen", ""),
        ("Frankfurt", "Hessen", ""), ("Kassel", "Hessen", ""), ("Mainz", "Rheinland-Pfalz", ""),
        ("Koblenz", "Rheinland-Pfalz", ""), ("Hannover", "Niedersachsen", ""), ("Bremen", "Bremen", ""),
        ("Saarbrücken", "Saarland", ""),
    ),
    "south": (
        ("München", "Bayern", ""), ("Nürnberg", "Bayern", ""), ("Augsburg", "Bayern", ""),
        ("Regensburg", "Bayern", ""), ("Stuttgart", "Baden-Württemberg", ""),
        ("Freiburg", "Baden-Württemberg", ""), ("Ulm", "Baden-Württemberg", ""),
        ("Mannheim", "Baden-Württemberg", ""),
    ),
    "huadong": (
        ("上海", "上海", "shanghai"), ("苏州", "江苏", "suzhou"), ("南京", "江苏", "nanjing"),
        ("无锡", "江苏", "wuxi"), ("杭州", "浙江", "hangzhou"), ("宁波", "浙江", "ningbo"),
        ("合肥", "安徽", "hefei"), ("青岛", "山东", "qingdao"),
    ),
    "huanan": (
        ("广州", "广东", "guangzhou"), ("深圳", "广东", "shenzhen"), ("东莞", "广东", "dongguan"),
        ("佛山", "广东", "foshan"), ("厦门", "福建", "xiamen"), ("福州", "福建", "fuzhou"),
        ("南宁", "广西", "nanning"), ("海口", "海南", "haikou"),
    ),
    "huabei": (
        ("北京", "北京", "beijing"), ("天津", "天津", "tianjin"), ("济南", "山东", "jinan"),
        ("石家庄", "河北", "shijiazhuang"), ("太原", "山西", "taiyuan"), ("郑州", "河南", "zhengzhou"),
        ("大连", "辽宁", "dalian"), ("沈阳", "辽宁", "shenyang"),
    ),
}  # fmt: skip
CHINESE_BRANDS = _pairs(
    """
    明:ming 华:hua 瑞:rui 恒:heng 盛:sheng 隆:long 嘉:jia 泰:tai 宏:hong 鑫:xin 达:da 通:tong 安:an
    顺:shun 丰:feng 源:yuan 海:hai 东:dong 新:xin 天:tian 信:xin 诚:cheng 联:lian 凯:kai 晨:chen
    星:xing 辉:hui 永:yong
    """
)
CHINESE_TRADES = (
    ("物流", "Logistics"), ("仓储", "Logistics"), ("食品", "Food"), ("饮料", "Food"), ("机械", "Manufacturing"),
    ("精密制造", "Manufacturing"), ("家居", "Retail"), ("百货", "Retail"), ("电子商务", "E-commerce"),
    ("医药", "Healthcare"), ("医疗器械", "Healthcare"), ("电子", "Electronics"), ("半导体", "Electronics"),
    ("建材", "Construction"), ("酒店管理", "Hospitality"), ("文化传媒", "Media"),
)  # fmt: skip
CHINESE_FORMS = ("有限公司", "有限公司", "有限公司", "股份有限公司", "集团有限公司")

SOURCES = (
    ("Purchased list", 30), ("Website", 18), ("Referral", 16), ("Cold call", 14), ("Trade fair", 12), ("Campaign", 10),
)  # fmt: skip
# Job title by language and its usual role in the decision.
JOBS = {
    "DE": (
        ("Geschäftsführung", "decision_maker"), ("Leitung Einkauf", "decision_maker"), ("Einkauf", "influencer"),
        ("Lagerleitung", "user"), ("Betriebsleitung", "influencer"), ("Assistenz der Leitung", "gatekeeper"),
        ("Versandleitung", "user"), ("Empfang", "gatekeeper"),
    ),
    "CN": (
        ("总经理", "decision_maker"), ("采购总监", "decision_maker"), ("采购经理", "influencer"), ("仓库主管", "user"),
        ("运营经理", "influencer"), ("总经理助理", "gatekeeper"), ("物流主管", "user"), ("前台", "gatekeeper"),
    ),
}  # fmt: skip

EARLY_LOSSES = (
    ("No response", 40), ("Does not fit our profile", 25), ("No need", 25), ("Wrong contact data", 10),
)  # fmt: skip
LATE_LOSSES = (
    ("Price too high", 30), ("Chose a competitor", 26), ("No budget this year", 18), ("Project postponed", 14),
    ("Delivery time too long", 8), ("No response", 4),
)  # fmt: skip
BACK_REASONS = {
    "DE": ("New decision maker, starts again with the needs", "Scope changed, new quote needed",
           "Budget was cut, compares again", "Trial showed open questions"),
    "CN": ("决策人更换，需重新确认需求", "需求范围变更，需重新报价", "预算削减，重新比价", "试用后仍有疑问"),
}  # fmt: skip
AGAIN_REASONS = {
    "DE": ("Asked to be called again this year", "New budget year", "Competitor did not deliver"),
    "CN": ("客户要求今年再联系", "新年度预算已批", "竞争对手未能交货"),
}
NAMED_OPPORTUNITIES = {
    "DE": (
        "Frame contract {year}",
        "Second site",
        "Warehouse move",
        "Peak season stock",
        "Pilot",
        "Renewal {year}",
    ),
    "CN": ("{year}年度框架协议", "新仓库项目", "旺季备货", "试点项目", "二期扩建", "{year}年续约"),
}

# Line → products: name, list price, cost, unit range of an order.
CATALOGUE = (
    ("Packaging", (
        ("Shipping boxes, pallet", "385.00", "262.00", (2, 40)), ("Paper tape, case", "58.00", "36.50", (10, 120)),
        ("Stretch film, pallet", "940.00", "676.00", (1, 12)), ("Mailing bags, case", "74.00", "43.00", (8, 90)),
        ("Compostable padding, pallet", "610.00", "447.00", (1, 15)),
    )),
    ("Warehouse equipment", (
        ("Pallet truck PT-20", "1290.00", "905.00", (1, 6)), ("Shelving bay SB-4", "460.00", "301.00", (4, 60)),
        ("Packing bench PB-2", "1180.00", "742.00", (1, 10)), ("Conveyor module CM-3", "3950.00", "2690.00", (1, 6)),
    )),
    ("Wrapping machines", (
        ("Stretch wrapper W-100", "8900.00", "6150.00", (1, 2)), ("Carton sealer S-40", "5400.00", "3720.00", (1, 3)),
        ("Wrapping line W-500", "27500.00", "19800.00", (1, 1)),
    )),
    ("Service", (
        ("Maintenance contract, year", "1800.00", "1010.00", (1, 4)), ("Installation, day", "980.00", "560.00", (1, 6)),
        ("Packaging audit", "2400.00", "1150.00", (1, 1)),
    )),
    ("环保包装", (
        ("可降解气泡膜（整托）", "520.00", "358.00", (2, 20)), ("蜂窝纸板（整托）", "430.00", "287.00", (2, 30)),
        ("循环周转箱", "36.00", "22.40", (50, 600)),
    )),
)  # fmt: skip
# Sold until a day, from a day, in days before the end of the history.
DISCONTINUED = {"Mailing bags, case": 120}
INTRODUCED = {"Compostable padding, pallet": 200}
