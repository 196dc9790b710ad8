"""Settings survive the way to a child process: what is written into its environment is read back as it was."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from app.instance import environment
from app.settings import Settings

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("mail_to", [(), ("office@example.cn",), ("值班@example.cn", "b@example.cn")])
def test_what_a_child_process_reads_is_what_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mail_to: tuple[str, ...]
) -> None:
    given = Settings(home=tmp_path, mail_to=mail_to, data_key=SecretStr("k" * 43), sip_port=5099)
    for name, value in environment(given).items():
        monkeypatch.setenv(name, value)
    assert Settings() == given


@pytest.mark.parametrize("link", ["/portal/grade/{token}", "https://12345.example.cn/portal/grade"])
def test_a_link_for_grades_is_a_whole_address_with_the_token_in_it(tmp_path: Path, link: str) -> None:
    assert Settings(home=tmp_path, grade_link="https://12345.example.cn/portal/grade/{token}").grade_link
    with pytest.raises(ValidationError, match="grade_link"):
        Settings(home=tmp_path, grade_link=link)
