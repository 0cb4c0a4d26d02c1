"""What a column of a file may be of a customer, and which headings say so in which language."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from apps.customers.models import CustomField

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

CUSTOM = "custom_"
NOTE, OWNER, TAGS = "note", "owner", "tags"
# Target → what it is called; those of a contact begin with “contact_”.
TARGETS: "dict[str, _StrPromise]" = {
    "name": _("Customer"),
    "region": _("Region"),
    "industry": _("Industry"),
    "source": _("Source"),
    "website": _("Website"),
    "employees": _("Employees"),
    "annual_revenue": _("Annual revenue"),
    "founded_year": _("Founded in"),
    "needs": _("Needs"),
    "preferences": _("Preferences"),
    OWNER: _("Owner (name or email)"),
    TAGS: _("Tags"),
    "contact_name": _("Contact: name"),
    "contact_first": _("Contact: first name"),
    "contact_last": _("Contact: last name"),
    "contact_job_title": _("Contact: job title"),
    "contact_phone": _("Contact: phone"),
    "contact_mobile": _("Contact: another phone"),
    "contact_email": _("Contact: email"),
    "contact_email_2": _("Contact: another email"),
    NOTE: _("Note (several columns may go there)"),
}
# May take several columns; every other target takes one.
SEVERAL = frozenset({NOTE, TAGS})
# Headings in small letters without blanks and marks, likeliest first: English, German, Chinese.
WORDS: dict[str, str] = {
    "name": "customername customer companyname company organizationname organisationname organization"
    " organisation accountname account associatedcompany kunde kundenname firma firmenname unternehmen"
    " 客户名称 客户 客户名 公司名称 公司 企业名称 单位名称 名称 客戶名稱 客戶 公司名稱 企業名稱 名稱",
    "region": "region state province countryregion country city organizationaddressregion bundesland"
    " land ort stadt 区域 地区 省份 城市 所在地区 區域 地區 縣市",
    "industry": "industry sector branche 行业 客户行业 所属行业 行業 產業 客戶行業 客户类型 類型 类型",
    "source": "source leadsource herkunft quelle 来源 客户来源 渠道 來源 客戶來源 渠道來源",
    "website": "website websiteurl url homepage web webseite internetseite website1value domain"
    " 网址 网站 官网 網址 網站 官網",
    "employees": "employees numberofemployees headcount mitarbeiter mitarbeiterzahl anzahlmitarbeiter"
    " 员工数 员工人数 人数 规模 員工數 員工人數 人數",
    "annual_revenue": "annualrevenue revenue turnover umsatz jahresumsatz 年营收 年收入 营业额 年營收 營業額",
    "founded_year": "foundedyear founded yearestablished yearfounded gründungsjahr gegründet"
    " 成立年份 成立时间 成立時間",
    "needs": "needs requirements bedarf anforderungen 需求 客户需求 客戶需求",
    "preferences": "preferences vorlieben präferenzen 偏好 客户偏好",
    OWNER: "owner contactowner companyowner dealowner accountowner leadowner salesperson salesrep"
    " assignedto assignee assigneeemail betreuer verantwortlich zuständig"
    " vertriebsmitarbeiter 负责人 归属人 业务员 所属人 销售 負責人 業務員 歸屬人",
    TAGS: "tags tag labels label schlagworte schlagwörter 标签 標籤",
    "contact_name": "contactname contact contactperson contactperson1 personname fullname name"
    " ansprechpartner kontakt kontaktperson 联系人 联系人姓名 姓名 聯絡人 聯絡人姓名 聯繫人",
    "contact_first": "firstname givenname personfirstname vorname 名字",
    "contact_last": "lastname familyname surname personlastname nachname familienname 姓氏",
    "contact_job_title": "jobtitle position title occupation funktion position stelle 职位 职务 職位 職務 職稱",
    "contact_phone": "phone phonenumber telephone tel phone1value personphone mobile mobilephone"
    " cell cellphone telefon telefonnummer rufnummer handy mobil 电话 手机 手机号 手机号码 联系电话"
    " 电话号码 電話 手機 手機號碼 聯絡電話",
    "contact_mobile": "mobile mobilephone cell cellphone phone2value otherphone handy mobil"
    " mobiltelefon 手机 手机号 座机 座机号 固定电话 电话 手機 市話 座機",
    "contact_email": "email emailaddress mail email1value personemailwork personemail emailwork"
    " emailadresse 邮箱 电子邮箱 邮件 电子邮件 郵箱 電子郵件 電郵",
    "contact_email_2": "email2 email2value personemailhome otheremail emailhome secondaryemail"
    " zweiteemail 备用邮箱 備用郵箱",
    NOTE: "notes note remark remarks comments comment description notecontent bemerkung bemerkungen"
    " notiz notizen kommentar address organizationaddress anschrift adresse strasse wechat qq"
    " 备注 说明 地址 微信 沟通内容 備註 說明",
}


@dataclass(frozen=True)
class Target:
    """What a column may be taken for."""

    key: str
    label: str


def targets(fields: Iterable[CustomField]) -> list[Target]:
    """Everything there is to choose from, custom fields included."""
    own = [Target(key, str(label)) for key, label in TARGETS.items()]
    return [*own, *(Target(f"{CUSTOM}{one.key}", one.label) for one in fields)]


def columns_guessed(header: Sequence[str], fields: Iterable[CustomField]) -> list[str]:
    """The target of each column, empty where nothing fits; each target at its likeliest column."""
    folded = [fold(name) for name in header]
    chosen = [""] * len(header)
    custom = {fold(one.label): f"{CUSTOM}{one.key}" for one in fields}
    for at, name in enumerate(folded):
        key = custom.get(name, "")
        chosen[at] = key if key not in chosen else ""
    for target in TARGETS:
        places = _places(folded, WORDS[target].split(), chosen)
        for at in places if target in SEVERAL else places[:1]:
            chosen[at] = target
    return chosen


def _places(folded: Sequence[str], words: Sequence[str], chosen: Sequence[str]) -> list[int]:
    """Columns that are free and whose heading is one of the words, by the word's place."""
    ranks = {word: rank for rank, word in reversed(list(enumerate(words)))}
    free = [at for at, name in enumerate(folded) if name in ranks and not chosen[at]]
    return sorted(free, key=lambda at: (ranks[folded[at]], at))


def fold(heading: str) -> str:
    """A heading as it is compared: “Person - Email (Work)*” → personemailwork."""
    plain = unicodedata.normalize("NFKC", heading).casefold()
    return re.sub(r"[\W_]+", "", plain)
