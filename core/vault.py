"""保密件: who reported confidentially is not guessed from what others may read (000 三(三); 001 19(八), 26). Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from core import private_text

HIDDEN = "〔保密〕"
_DIGITS = re.compile(r"(?<![0-9A-Za-z])\+?\d(?:[\s-]?\d){4,}[\dXx]?(?![0-9A-Za-z])")
_MASKED = re.compile(r"\d{2,3}\*{2,}\d{2,4}")
_OURS = frozenset({"id", "at", "due", "until", "started_at", "sha256"})
_TICKET = re.compile(r"\d{8}-\d{6}")
_GAP = r"[\s·•・．]"
_COMPOUND = re.compile(
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于"
    "|司空|令狐|百里|呼延|东郭|南门|西门|第五|轩辕|拓跋|淳于|单于|闾丘|亓官|司寇|子车|颛孙|公西|左丘|东门|纳兰|完颜|梁丘|叶赫|那拉|爱新觉罗"
)
_ADDRESS = (
    "女士|先生|小姐|太太|夫人|女同志|同志|同学|老师|老板|师傅|师父|律师|医生|经理|会计|大爷|大伯|大妈|大娘|大姐|大哥|大叔|大婶|大嫂|阿姨|阿婆"
    "|叔叔|伯伯|伯母|爷爷|奶奶|婆婆|老太|老汉|哥|姐|叔|婶|姨|伯|嫂"
)
"""How one speaks to a citizen; who holds an office (主任, 局长) is rather whom the report is about, and stays."""
_ALONE = r"(?=$|[，。、！？；：,.!?;:\s“”\"（()）]|[您你我他她说讲的是在来啊呀吧呢]|反映|投诉|举报)"
_SOME = "公司|企业|工厂|厂|单位|部门|机关|局|所|小区|社区|街道|村|镇|县|市|区|路|商场|超市|店|饭店|酒店|医院|学校|银行|楼|栋|地|处|个|些|种|类|年|月|日|天|次"
"""对方某公司 speaks of no 方某. Where a surname ends a word before 女士 or 先生 the word goes all the same: better one word too few."""
_NOT_SMALL = frozenset("区学于")  # 小区, 小学, 小于 are nobody
_ADDRESSED = re.compile(rf"(?:{_ADDRESS})$|^[小老](?=.$)")
_LEGAL_FORM = re.compile(r"(?:[（(]?集团[)）]?)?(?:股份)?(?:有限)?(?:责任)?公司$")


def called(*names: str | None) -> re.Pattern[str] | None:
    """Whatever people call those of these names: in full, masked, by surname with a form of address; a firm without its legal form too."""
    forms = [form for name in names for form in _forms(name or "")]
    return re.compile("|".join(forms)) if forms else None


def _forms(name: str) -> Iterator[str]:
    parts = [part for part in re.split(rf"{_GAP}+", name) if part]
    whole = _ADDRESSED.sub("", "".join(parts))  # 张女士, where more is not known, is a 张
    firm = _LEGAL_FORM.sub("", whole)
    for one in (whole, firm):
        if len(one) >= 2:
            yield rf"{_GAP}{{0,2}}".join(map(re.escape, one)) + rf"(?:\s?(?:{_ADDRESS}))?"
    if not whole or firm != whole:
        return
    compound = _COMPOUND.match(whole)
    heads = {whole[0], compound[0] if compound else "", parts[0] if len(parts) > 1 else ""} - {""}
    for head in heads - {whole}:
        yield rf"{re.escape(head)}[*＊×]{{{len(whole) - len(head)}}}(?![*＊×])"
    surname = "|".join(map(re.escape, sorted(heads, key=len, reverse=True)))
    last = re.escape(whole[-1])
    yield rf"(?:{surname})(?:\s?(?:{_ADDRESS})|总{_ALONE}|某(?:[某{last}]|(?!{_SOME}))|[XxＸ]{{1,2}}(?![A-Za-z])|姓(?!名))"
    yield rf"(?<!百)姓[是：: ]?(?:{surname})"
    if whole[0] not in _NOT_SMALL:
        yield rf"[小老](?:{surname}){_ALONE}"


def redacted(text: str, name: str | None = "") -> str:
    """`text` without whatever the reporter is called, without any number of five digits or more, and without what is left of a masked one."""
    if known := called(name):
        text = known.sub(HIDDEN, text)
    text = private_text.numbers(text, lambda _: HIDDEN)
    return _MASKED.sub(HIDDEN, _DIGITS.sub(HIDDEN, text))


def redacted_facts(value: Any, name: str | None = "", key: str = "") -> Any:
    """The same shape with every text redacted; our own ids and times stay."""
    if isinstance(value, Mapping):
        return {one: redacted_facts(part, name, str(one)) for one, part in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_facts(part, name, key) for part in value]
    ours = key in _OURS or key.endswith("_id")
    if not isinstance(value, str) or ours or (key == "number" and _TICKET.fullmatch(value)):
        return value
    return redacted(value, name)
