"""The installed embedding does real work: near means alike, whatever the batch."""

import numpy as np
import pytest

from asr_models.places import folder
from core.errors import ModelMissing
from embedding.encoder import MODEL, WIDTH, Encoder

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    if not folder(MODEL).is_dir():
        pytest.skip("e5-small is not installed: ./hotline models get e5-small")
    return Encoder()


def test_what_means_the_same_is_nearer_than_what_does_not(encoder: Encoder) -> None:
    stored = encoder.passages(["劳动报酬未按时支付的，可向劳动监察部门投诉", "路灯不亮由城管部门维修"])
    assert stored.shape == (2, WIDTH)
    assert np.allclose(np.linalg.norm(stored, axis=1), 1, atol=1e-3)
    wages, lamp = stored @ encoder.question("老板拖着不发钱")
    assert wages > lamp + 0.01


def test_a_text_has_nearly_the_same_vector_alone_and_among_others(encoder: Encoder) -> None:
    texts = ["公积金怎么提取", "医保" * 700, "", "a\ud800b  c", "噪音"]
    together = encoder.passages(texts)
    for text, row in zip(texts, together, strict=True):
        assert encoder.passages([text])[0] @ row > 0.995


def test_without_the_model_it_is_said_how_to_get_it(tmp_path: object) -> None:
    with pytest.raises(ModelMissing, match="models get e5-small"):
        Encoder(str(tmp_path))
