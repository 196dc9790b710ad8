"""What tells who a citizen is goes from free text, however it is written; ordinary text stays as it is."""

import pytest

from core.masking import mask_number, mask_numbers, mask_text

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("打13812345678找我", "打138****5678找我"),
        ("138 1234 5678", "138****5678"),
        ("138-1234-5678，急", "138****5678，急"),
        ("电话1381 234 5678", "电话138****5678"),
        ("+86 138 1234 5678", "861****5678"),
        ("1 3 8 1 2 3 4 5 6 7 8", "138****5678"),
        ("座机0735-2345678", "座机073****5678"),
        ("(0735)2345678", "(073****5678"),
        ("0735 234 5678转8001", "073****5678转8001"),
        ("家里电话234-5678", "家里电话23****78"),
        ("打2345678也行", "打23****78也行"),
        ("身份证431002 19900101 1234", "身份证431****1234"),
        ("431002199001011234", "431****1234"),
        ("110105 1949 1231 002X", "110****002X"),
        ("卡6222 0212 3456 7890 123", "卡622****0123"),
        ("我的号是一三八一二三四五六七八", "我的号是一三八****五六七八"),
        ("幺三八 一二三四 五六七八", "幺三八****五六七八"),
    ],
)
def test_a_number_is_masked_however_it_is_written(plain: str, shown: str) -> None:
    assert mask_text(plain) == shown
    assert mask_numbers(plain) == shown


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("我叫张三，家里停水", "我叫张*，家里停水"),
        ("我叫张三丰我要投诉", "我叫张**我要投诉"),
        ("姓名：张三 电话：138 1234 5678", "姓名：张* 电话：138****5678"),
        ("联系人张三", "联系人张*"),
        ("姓名：仝小明", "姓名：仝**"),
        ("联系人：欧阳娜娜", "联系人：欧***"),
        ("诉求人：张三丰来电反映噪声", "诉求人：张**来电反映噪声"),
    ],
)
def test_a_name_behind_a_clear_cue_is_masked(plain: str, shown: str) -> None:
    assert mask_text(plain) == shown


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("燕泉路12号3栋502室", "燕泉路**号**栋**室"),
        ("住在3栋2单元502", "住在**栋**单元**"),
        ("人民路18号漏水", "人民路**号漏水"),
        ("解放大道5-1号2单元301室", "解放大道**-**号**单元**室"),
        ("8号楼1单元电梯坏了", "**号楼**单元电梯坏了"),
        ("三栋二单元五零二", "**栋**单元**"),
    ],
)
def test_the_door_of_a_home_is_masked_and_its_road_is_not(plain: str, shown: str) -> None:
    assert mask_text(plain) == shown


@pytest.mark.parametrize(
    "text",
    [
        "拨打12345或0735-12345，也可打110、12315",
        "依国办发〔2020〕53号、郴政办发〔2021〕22号和《条例》第26条第3款",
        "2026-11-03 2026-11-05，2026年11月3日至2027年1月5日，20261103",
        "2026-11-03T00:00:00+08:00",
        "2021 2022 2023 2024四年，2020-2025",
        "补偿款1500000元，共12345678元，3500.50元，占15%",
        "工单20261103-000123已办结",
        "业主：反映停水，联系人：人社局，姓名：不详，联系人：高新区管委会",
        "请联系人社局处理，联系人民政府，姓名权纠纷，我叫车去医院",
        "投诉人要求退款，举报人反映有人偷税，业主委员会不作为",
        "坐12路公交，3号线停运，街道12号开会，本月12号停电，燕泉路12号线",
        "3栋电梯坏了，到302室领证，5楼",
        "GB/T 33358-2016，电话坏了3天，一二三四五楼都停水",
        "上午9:00-12:00，14:00-17:30，0830-1200",
        "第一百二十三条，一九九八年，二〇二六年十一月",
        "ticket_01JD3ZK2M4T7QW8E9R0ABCDEFG",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert mask_text(text) == text


def test_a_masked_text_is_masked_already() -> None:
    once = mask_text("我叫张三，138 1234 5678，燕泉路12号3栋502室")
    assert mask_text(once) == once


def test_a_short_number_shows_no_more_than_half_of_it() -> None:
    assert mask_number("2345678") == "23****78"
    assert mask_number("82345678") == "82****78"


@pytest.mark.parametrize("one", ["1", "1 ", "138 ", "我叫", "12号", "（", "a1-"])
@pytest.mark.timeout(20)
def test_a_long_line_costs_no_more_than_its_length(one: str) -> None:
    """A pattern that tries every way through a long run of digits would stand here for hours."""
    assert mask_text(one * 20_000)
