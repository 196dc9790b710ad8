"""What in free text is somebody's number, name or home: surely recognised, ordinary text left alone. Pure.

core.entities finds what may be of use in a transcript, lone doors and service numbers among it; here only what tells who
somebody is, and as people write it: in groups, with hyphens, read out. Every line of the log comes through here, so there
is one pass for each kind, and none where a line holds nothing of it.
"""

import re
from collections.abc import Callable

TICKET_NUMBER = r"20\d{6}-\d{6}(?!\d)"
"""A ticket's number is nobody's, long as it is."""
_G = r"(?:[ \-–—－·\u00a0\u3000]{1,2})"  # between groups
_YEAR, _MONTH, _DAY = (
    r"(?:18|19|20)\d\d",
    r"(?:0[1-9]|1[0-2])",
    r"(?:0[1-9]|[12]\d|3[01])",
)
_AMOUNT = r"\d{7,10}(?:\.\d+)?(?=[万亿]?(?:元|块|吨|平方|立方|人次|件|户))"
_NOBODYS = rf"{TICKET_NUMBER}|{_YEAR}-\d{{1,2}}-\d{{1,2}}(?!\d)|{_YEAR}{_MONTH}{_DAY}(?!\d)|{_AMOUNT}(?!\d)"
"""Tickets, days and amounts: long, and nobody's."""
_MOBILE = (
    rf"(?:\+?86{_G}?)?1[3-9]\d{_G}?\d{{4}}{_G}?\d{{4}}(?!\d)|1[3-9]\d\d{_G}\d{{3}}{_G}\d{{4}}(?!\d)"
    rf"|1[3-9]\d{_G}\d{{3}}{_G}\d{{5}}(?!\d)|1{_G}[3-9](?:{_G}\d){{9}}(?!{_G}?\d)"
)
_LANDLINE = rf"0\d{{2,3}}(?:[)）]|{_G})?[2-9]\d{{2,3}}{_G}?\d{{4}}(?!\d)"
_CARD = (
    rf"[1-9]\d{{5}}{_G}?{_YEAR}{_G}?{_MONTH}{_G}?{_DAY}{_G}?\d{{3}}{_G}?[\dXx](?!\d)"
    rf"|[1-9]\d{{5}}{_G}\d{{4}}{_G}\d{{4}}{_G}\d{{3}}[\dXx](?!\d)"
    rf"|(?!(?:{_YEAR}{_G}){{3}}{_YEAR}(?!\d))\d{{4}}(?:{_G}\d{{4}}){{3}}(?:{_G}\d{{0,3}}[\dXx])?(?!\d)"
)
"""Identity cards (GB 11643: place, birthday, order, check) and bank cards, by their parts or in fours."""
_NUMBER = re.compile(
    rf"(?:电话|手机|座机|号码|微信|账号|卡号|身份证)(?:号码?)?[是为：: ]{{0,2}}(?P<told>\d(?:{_G}?\d){{6,18}}[Xx]?)(?![\d：:])"
    rf"|(?<![\dA-Za-z_.:\-])(?:(?P<nobodys>{_NOBODYS})|(?P<grouped>{_CARD}|{_MOBILE}|{_LANDLINE}))"
    rf"|(?<!\d)(?!{TICKET_NUMBER})(?P<run>\d{{7,}}[\dXx]?)(?!\d)"
)
_FEW_DIGITS = re.compile(r"\d(?:[^\d]{0,2}\d){6}")
_SAID = "[零〇一二三四五六七八九幺]"
_READ_OUT = re.compile(rf"{_SAID}(?:{_G}?{_SAID}){{6,}}")

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白"
    "崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易武乔贺赖龚文樊兰殷施陶翟安颜倪严牛温芦季俞章鲁葛伍申尤毕聂柴焦柳邢骆岳齐梅庄辛管祝左涂谷祁舒耿牟詹关苗凌费"
    "纪靳盛童欧甄项裴席卫查屈鲍覃霍翁甘景柏宁柯阮桂闵冉房于肖游曲司诸上皇"
)
_THEN = (
    r"(?=[，。、,.;；：:！!？?\s（()）\d“”\"]|$|电话|手机|身份证|住|先生|女士|我|他|来电|反映|投诉|咨询|举报)"
)
_CUE = r"(?:(?:我的?(?:名字)?叫|本人叫|名叫|姓名|联系人|经办人)[是为叫]?[：: ]{0,2}|(?:诉求|来电|投诉|举报|反映|当事)人[：:] ?|(?:户主|业主)[：:] ?)"
_NAME = re.compile(
    rf"{_CUE}(?P<after_cue>[{_SURNAMES}][\u4e00-\u9fff]{{1,3}}?){_THEN}|姓名[：:] ?(?P<after_colon>(?![不未无保])[\u4e00-\u9fff]{{2,4}}?){_THEN}"
)
_N = r"[\d一二三四五六七八九十零〇百]{1,5}"
_UNIT, _ROOM = rf"[东西南北]?{_N}单元", rf"{_N}(?:室|号房?|房|户)?"
_HOUSE = rf"{_N}(?:[-之]{_N})?号(?![线码文令台])[楼院]?"
_BUILDING = rf"{_N}(?:栋|幢|座|号楼)"
_DOOR = re.compile(
    rf"(?:(?<=[路街巷弄里组])|(?<=大道)|(?<=胡同)){_HOUSE}(?:{_BUILDING})?(?:{_UNIT})?(?:{_N}[层楼])?(?:{_N}(?:室|号房|房|户))?"
    rf"|{_BUILDING}{_UNIT}(?:{_ROOM})?|{_BUILDING}(?:{_N}[层楼])?{_N}(?:室|号房|房|户)|{_UNIT}{_ROOM}"
)
_COUNT = re.compile(_N)
Mask = Callable[[str], str]


def numbers(text: str, mask: Mask) -> str:
    """The text with each phone, identity card or account number put through `mask`, without its gaps."""
    if _FEW_DIGITS.search(text):
        text = _NUMBER.sub(lambda found: _number(found, mask), text)
    return _READ_OUT.sub(lambda found: mask(re.sub(_G, "", found[0])), text)


def names(text: str, mask: Mask) -> str:
    """The text with each name that stands behind a clear cue (我叫, 姓名：, 联系人) put through `mask`."""
    return _NAME.sub(lambda found: _behind(found, mask), text)


def doors(text: str) -> str:
    """`燕泉路12号3栋502室` -> `燕泉路**号**栋**室`: the road stays, a lone building and a lone `12号` (a day) too."""
    return _DOOR.sub(lambda found: _COUNT.sub("**", found[0]), text)


def _number(found: re.Match[str], mask: Mask) -> str:
    if found.lastgroup == "nobodys":
        return found[0]
    return _behind(found, lambda number: mask(re.sub(rf"{_G}|[)）+]", "", number)))


def _behind(found: re.Match[str], mask: Mask) -> str:
    """The cue as it stands, then what follows it masked."""
    hidden = found[found.lastgroup or 0]
    return found[0][: len(found[0]) - len(hidden)] + mask(hidden)
