"""The manifest itself: complete, consistent, and from publishers only."""

from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from asr_models.manifest import File, Model, Source, load
from core.errors import NotFound

pytestmark = pytest.mark.unit

MODELS = load().models
FILES = [pytest.param(file, id=f"{model.id}/{file.path}") for model in MODELS for file in model.files]


def test_ids_are_unique_and_the_defaults_hear_speak_and_understand_mandarin() -> None:
    assert len({m.id for m in MODELS}) == len(MODELS)
    assert {(m.role, m.language) for m in load().pick()} == {
        ("recogniser", "zh"),
        ("voice", "zh"),
        ("embedding", "zh"),
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.id)
def test_every_model_says_what_it_is(model: Model) -> None:
    assert model.licence
    assert model.provenance
    assert 0 < model.fetch_mb < 2000
    assert model.size > 1_000_000


@pytest.mark.parametrize("file", FILES)
def test_parts_add_up_to_the_file(file: File) -> None:
    for source in file.sources:
        if source.parts:
            assert sum(p.size for p in source.parts) == file.size
            assert all(len(p.sha256) == 64 for p in source.parts)


def test_addresses_are_publishers_of_models_over_https() -> None:
    files = [f for m in MODELS for f in m.files]
    urls = [s.url for f in files for s in f.sources if s.url] + [m.archive.url for m in MODELS if m.archive]
    assert {urlsplit(url).hostname for url in urls} <= {"huggingface.co", "github.com", "alphacephei.com"}
    assert {urlsplit(url).scheme for url in urls} == {"https"}


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"pypi": "a", "npm": "b", "version": "1", "path": "x"},
        {"pypi": "a", "version": "1"},
        {"url": "u", "else": 1},
    ],
)
def test_a_source_that_is_not_exactly_one_place_is_rejected(source: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Source.model_validate(source)


def test_an_unknown_model_is_named_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match="whisper-base"):
        load().pick("whisper-huge")
