"""The first page: who may come in, what stays after a reload, and that it is fit to be seen."""

import re

import pytest
from playwright.sync_api import expect

from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing

pytestmark = pytest.mark.edge

WORDS = {
    "zh-CN": ("用户名", "密码", "登录", "用户名或密码不正确"),
    "en": ("User name", "Password", "Log in", "User name or password is not right"),
}
ROLES = {
    "admin": "管理员", "banzhang": "班长", "rexianban": "热线办", "shenji": "审计员", "renshe": "承办单位经办人",
    "fenguan": "承办单位分管领导", "zhuanjia": "专家座席", "agent8001": "话务员",
}  # fmt: skip


@pytest.mark.parametrize("login", ROLES)
def test_each_role_logs_in_with_its_password_and_lands_in_the_shell(
    visit: Open, house: Standing, login: str
) -> None:
    one = visit()
    one.page.goto("/")
    expect(one.page).to_have_url(re.compile(r"/login"))
    one.page.get_by_label("用户名").fill(login)
    one.page.get_by_label("密码", exact=True).fill(house.accounts[login].password)
    one.page.keyboard.press("Enter")
    expect(one.page.get_by_role("button", name=re.compile("当前用户"))).to_contain_text(ROLES[login])
    one.page.reload()
    expect(one.page.get_by_role("button", name=re.compile("当前用户"))).to_contain_text(ROLES[login])


@pytest.mark.parametrize("language", WORDS)
def test_a_wrong_password_is_told_in_the_readers_language_and_the_field_is_empty_and_focused(
    visit: Open, language: str
) -> None:
    name, password, enter, wrong = WORDS[language]
    one = visit(language=language)
    one.expect("401 (Unauthorized)")
    one.page.goto("/login")
    one.page.get_by_label(name).fill("banzhang")
    one.page.get_by_label(password, exact=True).fill("not the password")
    one.page.get_by_role("button", name=enter, exact=True).click()
    expect(one.page.get_by_role("alert")).to_have_text(wrong)
    expect(one.page.get_by_label(password, exact=True)).to_be_focused()
    expect(one.page.get_by_label(password, exact=True)).to_have_value("")


def test_an_empty_form_says_what_is_missing_without_asking_the_server(visit: Open) -> None:
    one = visit()
    asked: list[str] = []
    one.page.on("request", lambda request: asked.append(request.url))
    one.page.goto("/login")
    one.page.get_by_role("button", name="登录", exact=True).click()
    expect(one.page.get_by_text("请填写用户名")).to_be_visible()
    expect(one.page.get_by_label("用户名")).to_be_focused()
    assert not [url for url in asked if url.endswith("/token")]


def test_who_wanted_a_page_gets_it_after_logging_in(visit: Open, house: Standing) -> None:
    one = visit()
    one.page.goto("/account")
    expect(one.page).to_have_url(re.compile(r"/login\?from=/account"))
    one.page.get_by_label("用户名").fill("shenji")
    one.page.get_by_label("密码", exact=True).fill(house.accounts["shenji"].password)
    one.page.keyboard.press("Enter")
    expect(one.page).to_have_url(re.compile(r"/account$"))
    expect(one.page.get_by_role("heading", level=1)).to_have_text("我的账户")


def test_a_demonstration_lets_one_in_by_a_click(visit: Open) -> None:
    one = visit()
    one.page.goto("/login")
    one.page.get_by_role("button", name="班长 banzhang").click()
    expect(one.page.get_by_role("button", name=re.compile("当前用户"))).to_contain_text("班长")


def test_a_second_tab_is_logged_in_and_logging_out_ends_both(visit: Open) -> None:
    one = visit(login="rexianban")
    one.page.goto("/account")
    expect(one.page.get_by_role("heading", level=1)).to_have_text("我的账户")
    second = one.context.new_page()
    second.add_init_script("sessionStorage.removeItem('hotline.tokens')")
    second.goto("/account")
    expect(second.get_by_role("heading", level=1)).to_have_text("我的账户")
    second.get_by_role("button", name=re.compile("当前用户")).click()
    second.get_by_role("button", name="退出登录").click()
    expect(second).to_have_url(re.compile(r"/login"))
    expect(one.page).to_have_url(re.compile(r"/login"))


def test_an_address_that_leads_nowhere_says_so(visit: Open) -> None:
    one = visit(login="renshe")
    one.page.goto("/nowhere/at/all")
    expect(one.page.get_by_role("heading", name="没有这个页面")).to_be_visible()
    one.page.get_by_role("link", name="回到首页").click()
    expect(one.page.get_by_role("button", name=re.compile("当前用户"))).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("login", "path"), [("", "/login"), ("rexianban", "/account")])
def test_a_page_fits_its_window_is_accessible_and_can_be_looked_at(
    visit: Open, size: tuple[int, int], language: str, dark: bool, login: str, path: str
) -> None:
    one = visit(login=login, size=size, language=language, dark=dark)
    one.page.goto(path)
    expect(one.page.get_by_role("heading", level=1)).to_be_visible()
    one.page.wait_for_load_state("networkidle")
    one.fits()
    one.accessible()
    name = f"{path.strip('/')}-{size[0]}-{language[:2]}-{'dark' if dark else 'light'}"
    one.shot(name, full=True)


def test_large_type_fits_a_telephone(visit: Open) -> None:
    one = visit(size=PHONE, large=True)
    one.page.goto("/login")
    expect(one.page.get_by_role("heading", level=1)).to_be_visible()
    one.fits()
    one.shot("login-390-zh-large", full=True)


def test_the_first_tab_key_offers_to_skip_the_navigation(visit: Open) -> None:
    one = visit(login="banzhang")
    one.page.goto("/account")
    expect(one.page.get_by_role("heading", level=1)).to_be_visible()
    one.page.keyboard.press("Tab")
    expect(one.page.get_by_role("link", name="跳到正文")).to_be_focused()
    one.page.keyboard.press("Enter")
    expect(one.page.locator("main")).to_be_focused()
