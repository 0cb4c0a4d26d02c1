"""What sellers of the sample firm write down after talking to a customer."""

RECYCLED = {"DE": "No activity for 30 days", "CN": "30 天无跟进"}
NOTES = {
    "DE": {
        "reached": (
            "Uses 4,000 cartons a month, supplier since 2019. Not unhappy, but delivery takes nine days.",
            "New warehouse opens in spring; racking is planned, pallets are not.",
            "Wants samples of the recycled filling first.",
            "Budget is fixed until June, after that the plant manager decides.",
            "Asked how we handle returns. Sent the terms.",
            "Two sites order separately; wants one frame contract.",
        ),
        "call_back": (
            "In a meeting, call again after two.",
            "On holiday until Monday.",
        ),
        "quoted": (
            "Quote sent for 12 pallets of stretch film, valid four weeks.",
            "Wants the price per 1,000 and a second one for yearly quantities.",
        ),
        "refused": (
            "Has a contract until the end of next year. Call again in autumn.",
            "Buys through the group's purchasing in Rotterdam.",
        ),
        "agreed": (
            "Order follows by mail today.",
            "Agreed by phone, purchase number comes tomorrow.",
        ),
    },
    "CN": {
        "reached": (
            "每月用纸箱约 4000 只，现有供应商交期 9 天，客户嫌慢。",
            "新仓库春节后启用，货架已定，托盘未定。",
            "希望先寄环保填充料样品。",
            "预算到六月底固定，之后由厂长决定。",
            "询问退换货流程，已发送条款。",
            "两个厂区分开下单，想签一份框架合同。",
        ),
        "call_back": ("正在开会，两点后再打。", "休假到周一。"),
        "quoted": ("已报价缠绕膜 12 托，有效期四周。", "要求按千只报价，另报全年用量的价格。"),
        "refused": ("合同签到明年年底，秋天再联系。", "由集团统一采购。"),
        "agreed": ("今天邮件下单。", "电话里已确认，明天给采购单号。"),
    },
}
PURPOSES = {
    "DE": (
        "Ask whether the samples arrived",
        "Talk through the quote",
        "Fix a date for the visit",
        "Ask who decides about the budget",
        "Remind of the offer that runs out",
        "Bring the frame contract",
    ),
    "CN": (
        "确认样品是否收到",
        "沟通报价细节",
        "约定上门拜访时间",
        "了解预算由谁决定",
        "提醒报价即将到期",
        "沟通框架合同",
    ),
}
CUSTOMER_NOTES = {
    "DE": (
        "Delivery only between 7 and 11, the yard is closed after that.",
        "Ms. Krüger leaves in March; her successor is not named yet.",
        "To check: whether we can match the pallet price.",
        "Competitor visited last week with a 4 % offer.",
        "Pays within 10 days if we grant 2 %.",
    ),
    "CN": (
        "送货时间只能在上午 7 点到 11 点。",
        "采购负责人三月离职，继任者未定。",
        "请看一下托盘价格能否再让一点。",
        "竞争对手上周来过，报价低 4 %。",
        "给 2 % 折扣可 10 天内付款。",
    ),
}
NEEDS = {
    "DE": (
        "Cartons in three sizes, shorter delivery than nine days, one invoice a month.",
        "Racking for 400 pallet places, assembly included.",
        "Recycled filling with a certificate for the sustainability report.",
    ),
    "CN": (
        "三种规格纸箱，交期短于 9 天，每月一张发票。",
        "400 个托盘位的货架，含安装。",
        "可回收填充料，需要环保证书。",
    ),
}
PREFERENCES = {
    "DE": (
        "Prefers mail; no calls on Mondays.",
        "Wants offers as PDF with drawings.",
        "Decides with the plant manager together.",
    ),
    "CN": ("偏好微信沟通，周一不接电话。", "报价要 PDF，附图纸。", "与厂长共同决定。"),
}
COMMENTS = {
    "DE": {
        "good": ("Always reachable, always on time.", "Good advice on the racking."),
        "fair": ("Fine so far.", "Delivery could be faster."),
        "bad": ("Third late delivery this year.", "Nobody called back for a week."),
    },
    "CN": {
        "good": ("响应很快，交货准时。", "货架方案很专业。"),
        "fair": ("总体还可以。", "交期可以再快一些。"),
        "bad": ("今年第三次延误。", "一周没人回电话。"),
    },
}
