"""Spoken numbers to digits, only where it is sure: phone numbers, house numbers, years, amounts with a measure word."""

import re

import cn2an

_ONES = "零〇一二三四五六七八九幺"
_TO_DIGIT = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_UNITS = "十百千万亿"
_VALUE = f"{_ONES}两{_UNITS}"
_NOT_NUMBERS = ("七七八八", "三三两两", "一五一十", "一二三产业", "五五开", "九九归一")

_ROW = re.compile(rf"(?<![{_VALUE}几数])[{_ONES}0-9]{{3,}}(?![{_UNITS}])")
_ROOM = r"(?=号|路|房|室|栋|幢|楼|年|公交|热线|专线|平台|电话|线)"
_MEASURES = (
    "元|块钱|块|万元|亿元|平方米|平方|平米|公斤|千克|斤|吨|公里|千米|米|厘米|岁|周岁|天|个工作日|工作日|个月|个小时|小时|分钟|"
    "秒|月|号|日|年|周|个|人|户|次|名|位|件|套|栋|幢|层|楼|单元|室|路|度|条|张|份|本|家|辆|台|页"
)
_AMOUNT = re.compile(
    rf"(?<![{_VALUE}几数上好点第])([{_VALUE}]+(?:点[{_ONES}]+)?)(?={_MEASURES}|多元|多块|多天|余元)"
)
_PERCENT = re.compile(rf"百分之([{_VALUE}]+(?:点[{_ONES}]+)?)")
_CLOCK = re.compile(rf"(?<![{_VALUE}几])([{_VALUE}]{{1,3}})点([{_VALUE}]{{1,3}})分(?!之)")
_YAO = "幺要邀妖腰"  # 幺 (yāo, "one" in numbers) and what it is heard as
_YAO_MOBILE = re.compile(rf"(?<!\d)[{_YAO}1](?:[ ,，、\-]?[{_YAO}\d]){{10}}(?!\d)")
_YAO_SERVICE = re.compile(
    rf"(?<![\d需想])(?:[{_YAO}](?:2345|23(?:15|33|20|48|66|29))|[{_YAO}]{{2}}[09零九久旧]|[幺邀妖腰]2[02零])(?![\d元块个人])"
)
_BROKEN_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d(?:[ ,，、\-]?\d){8})(?!\d)")
_BROKEN_HOTLINE = re.compile(r"(?<!\d)12[ ,，、]?3[ ,，、]?45(?!\d)")


def digits(text: str) -> str:
    """`text` with spoken numbers in digits; 一些, 一下, 万一, 十分, 三四百 and the like stay words."""
    text = _ROW.sub(_row, text)
    text = _PERCENT.sub(lambda m: f"{v}%" if (v := _value(m.group(1))) else m.group(), text)
    text = _CLOCK.sub(_clock, text)
    text = _AMOUNT.sub(_amount, text)
    text = _YAO_MOBILE.sub(_mobile, text)
    text = _YAO_SERVICE.sub(_service, text)
    text = _BROKEN_MOBILE.sub(lambda m: re.sub(r"\D", "", m.group()), text)
    return _BROKEN_HOTLINE.sub("12345", text)


def _row(match: re.Match[str]) -> str:
    """Digits said one by one. Three alone are sure only with 零 or 幺 among them or a house-number word behind."""
    run = match.group()
    if any(word.startswith(run) and match.string.startswith(word, match.start()) for word in _NOT_NUMBERS):
        return run
    sure = len(run) >= 4 or re.search("[零〇幺0-9]", run) or re.match(_ROOM, match.string[match.end() :])
    return run.translate(_TO_DIGIT) if sure else run


def _mobile(match: re.Match[str]) -> str:
    """要38，0013，8000 → 13800138000, only where it makes a mobile number."""
    number = re.sub(r"\D", "", re.sub(f"[{_YAO}]", "1", match.group()))
    return number if re.fullmatch(r"1[3-9]\d{9}", number) else match.group()


def _service(match: re.Match[str]) -> str:
    """邀2345 → 12345, 要要零 → 110: service and emergency numbers."""
    return re.sub(f"[{_YAO}]", "1", match.group()).translate(str.maketrans("零九久旧", "0999"))


def _amount(match: re.Match[str]) -> str:
    """A number by value: only with a unit in it (十 and up) that a digit or 十 begins; 千万, 百 and 万 alone are words."""
    run = match.group(1)
    after = match.string[match.end() :]
    if (
        not re.search(f"[{_UNITS}]", run)
        or run[0] not in f"{_ONES}两十"
        or (run == "十" and after.startswith("分"))
    ):
        return match.group()
    if after.startswith("分") and not after.startswith("分钟"):
        return match.group()
    return _value(run) or match.group()


def _clock(match: re.Match[str]) -> str:
    hour, minute = _value(match.group(1)), _value(match.group(2).lstrip("零〇") or "零")
    sure = hour and minute and int(hour) < 25 and int(minute) < 60
    return f"{hour}点{int(minute):02d}分" if sure else match.group()


def _value(run: str) -> str:
    """Digits of a number by value (`四百万` → 400万, as people write it); empty where the words are no exact number."""
    for unit in ("亿", "万"):
        if run.endswith(unit) and len(run) > 1 and not re.search("[万亿]", run[:-1]):
            return f"{head}{unit}" if (head := _value(run[:-1])) else ""
    try:
        value = cn2an.cn2an(run.replace("〇", "零").replace("幺", "一"), "strict")
    except (ValueError, KeyError):
        return ""
    return str(int(value)) if float(value).is_integer() else str(value)
