"""What is wrong with a field, in a sentence: Chinese by the kind of error, English as pydantic says it (`Accept-Language: en`)."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

_TEXT, _LIST, _WHOLE, _NUMBER = "须为文字", "须为列表", "须为整数", "须为数字"
_DATE, _TIME, _MOMENT, _FIXED = (
    "须为日期，如 2026-11-21",
    "须为时刻，如 08:30",
    "须为时间，如 2026-11-21T08:30:00+08:00",
    "不可更改",
)
_OBJECT, _SERVER, _LINK, _NAME = "须为对象（键与值）", "无法使用", "须为网址", "不接受此项"

WORDS: dict[str, str] = {
    "missing": "必填", "missing_argument": "必填", "missing_keyword_only_argument": "必填", "missing_positional_only_argument": "必填",
    "extra_forbidden": _NAME, "unexpected_keyword_argument": _NAME, "unexpected_positional_argument": _NAME,
    "multiple_argument_values": "只能给一个值", "arguments_type": _OBJECT, "invalid_key": "键须为文字", "none_required": "须为空（null）",
    "json_invalid": "不是有效的 JSON", "json_type": "须为 JSON 文字", "model_type": _OBJECT, "model_attributes_type": _OBJECT,
    "dataclass_type": _OBJECT, "dataclass_exact_type": _OBJECT, "named_tuple_type": _OBJECT, "dict_type": _OBJECT,
    "frozen_dict_type": _OBJECT, "ordered_dict_type": _OBJECT, "counter_type": _OBJECT, "mapping_type": _OBJECT,
    "list_type": _LIST, "tuple_type": _LIST, "set_type": _LIST, "frozen_set_type": _LIST, "deque_type": _LIST, "iterable_type": _LIST,
    "iteration_error": _LIST, "set_item_not_hashable": _LIST, "too_short": "至少 {min_length} 项", "too_long": "至多 {max_length} 项",
    "string_type": _TEXT, "string_unicode": "须为 UTF-8 文字", "string_not_ascii": "只能用 ASCII 字符", "string_too_short": "至少 {min_length} 字",
    "string_too_long": "至多 {max_length} 字", "string_pattern_mismatch": "格式不符，须符合 {pattern}", "bytes_type": _TEXT,
    "bytes_too_short": "至少 {min_length} 字节", "bytes_too_long": "至多 {max_length} 字节", "bytes_invalid_encoding": "编码不符",
    "literal_error": "须为 {expected} 之一", "enum": "须为 {expected} 之一", "bool_type": "须为 true 或 false", "bool_parsing": "须为 true 或 false",
    "int_type": _WHOLE, "int_parsing": _WHOLE, "int_parsing_size": "数字过大", "int_from_float": _WHOLE, "float_type": _NUMBER,
    "float_parsing": _NUMBER, "finite_number": "须为有限的数字", "decimal_type": _NUMBER, "decimal_parsing": _NUMBER, "fraction_type": _NUMBER,
    "fraction_parsing": _NUMBER, "complex_type": _NUMBER, "complex_str_parsing": _NUMBER, "decimal_max_digits": "至多 {max_digits} 位数字",
    "decimal_max_places": "小数至多 {decimal_places} 位", "decimal_whole_digits": "整数部分至多 {whole_digits} 位",
    "greater_than": "须大于 {gt}", "greater_than_equal": "不能小于 {ge}", "less_than": "须小于 {lt}", "less_than_equal": "不能大于 {le}",
    "multiple_of": "须为 {multiple_of} 的倍数", "date_type": _DATE, "date_parsing": _DATE, "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE, "date_past": "须为过去的日期", "date_future": "须为将来的日期", "time_type": _TIME,
    "time_parsing": _TIME, "datetime_type": _MOMENT, "datetime_parsing": _MOMENT, "datetime_object_invalid": _MOMENT,
    "datetime_from_date_parsing": _MOMENT, "datetime_past": "须为过去的时间", "datetime_future": "须为将来的时间",
    "timezone_naive": "不能带时区", "timezone_aware": "须写明时区，如 +08:00", "timezone_offset": "时区不符", "time_delta_type": "须为时长",
    "time_delta_parsing": "须为时长", "union_tag_invalid": "{discriminator} 须为 {expected_tags} 之一", "union_tag_not_found": "须写明 {discriminator}",
    "url_type": _LINK, "url_parsing": _LINK, "url_syntax_violation": _LINK, "url_too_long": "至多 {max_length} 字",
    "url_scheme": "网址须以 {expected_schemes} 开头", "uuid_type": "须为 UUID", "uuid_parsing": "须为 UUID", "uuid_version": "须为 UUID",
    "value_error": "填写的内容有误", "assertion_error": "填写的内容有误", "no_such_attribute": _NAME, "frozen_field": _FIXED,
    "frozen_instance": _FIXED, "recursion_loop": "不能引用自身", "recursion_depth_exceeded": "层级过深", "needs_python_object": _SERVER, "get_attribute_error": _SERVER,
    "default_factory_not_called": _SERVER, "is_instance_of": _SERVER, "is_subclass_of": _SERVER, "callable_type": _SERVER,
    "missing_sentinel_error": _SERVER, "ellipsis_error": _SERVER,
}  # fmt: skip
"""Every kind pydantic knows. What was sent in stands in none of them."""

OURS: dict[str, tuple[str, str]] = {
    "control_characters": ("不能含控制字符", "control characters are not allowed"),
    "year_out_of_reach": ("年份须在 2000 至 2200 之间", "the year must lie between 2000 and 2200"),
    "backward": ("{end} 须晚于 {start}", "{end} must be after {start}"),
    "before_start": ("{end} 不能早于 {start}", "{end} must not be before {start}"),
    "one_needed": ("{names} 须至少填一项", "at least one of {names} is needed"),
    "exactly_one": ("{names} 须且只能填一项", "exactly one of {names}"),
    "words_needed": ("这类规则要有词句", "this kind of rule needs words"),
    "limit_needed": ("这类规则要有上限", "this kind of rule needs a limit"),
    "id_twice": ("标识重复", "stands twice"),
    "clause_unknown": ("依据须以所列文件的编号开头", "must begin with the number of a document listed"),
}
"""What our own checks find: kind -> Chinese, English."""


def refused(kind: str, **said: str) -> PydanticCustomError:
    """For a validator to raise: one of `OURS`."""
    return PydanticCustomError(kind, OURS[kind][1], said or None)


def sentence(error: Mapping[str, Any], english: bool) -> str:
    """One error of pydantic's as people read it."""
    if english:
        return str(error["msg"])
    kind, ctx = str(error["type"]), dict(error.get("ctx") or {})
    words = OURS[kind][0] if kind in OURS else WORDS.get(kind, WORDS["value_error"])
    if "expected" in ctx:
        ctx["expected"] = str(ctx["expected"]).replace("' or '", "', '").replace("'", "").replace(", ", "、")
    try:
        return words.format(**ctx)
    except KeyError:  # pydantic told less than it used to
        return WORDS["value_error"]


def wants_english(accept_language: str) -> bool:
    """Whether English is preferred to Chinese (RFC 9110 section 12.5.4); Chinese where nothing is said."""
    best = {"en": 0.0, "zh": 0.0}
    for part in accept_language.split(",")[:20]:
        tag, _, weight = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in best:
            best[language] = max(best[language], _quality(weight))
    return best["en"] > best["zh"]


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
