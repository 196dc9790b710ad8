"""Makes of the packed model what CTranslate2 computes with: 8-bit weights, five times as fast as the package's own engine.

Done once where the model lies; the vectors stay within a cosine of 0.999 of those of the package (docs/measurements.md).
"""

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any, Final

from core.errors import PartMissing
from embedding.pack import Pack, Shape, Vocabulary

TOKENIZER: Final = "tokenizer.json"
NORMAL: Final = "normal.json"


def made(pack: Path, folder: Path) -> Path:
    """`folder` with the converted model in it; made whole or not at all, by whoever is first. Raises BadPack, PartMissing."""
    if folder.is_dir():
        return folder
    part = folder.with_name(f".{folder.name}.{os.getpid()}.{secrets.token_hex(4)}")
    part.mkdir(parents=True)
    try:
        convert(Pack(pack), part)
        part.replace(folder)
    except OSError:
        if not folder.is_dir():  # else another process was first
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def convert(pack: Pack, folder: Path) -> None:
    """Model, tokenizer and normalisation into an existing folder."""
    try:
        spec = _network(pack, pack.shape)
    except ImportError as error:
        raise PartMissing("ctranslate2、tokenizers（./hotline up 会装上）") from error
    spec.register_vocabulary([str(i) for i in range(pack.shape.pieces)])  # it is given numbers, never pieces
    spec.config.unk_token = str(pack.vocabulary.unknown)
    spec.config.layer_norm_epsilon = pack.shape.epsilon
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    _tokenizer(pack.vocabulary).save(str(folder / TOKENIZER), pretty=False)
    (folder / NORMAL).write_text(json.dumps(pack.vocabulary.normal), encoding="utf-8")


def _network(pack: Pack, shape: Shape) -> Any:
    """BERT as CTranslate2 describes it: layer norm after each step, learned positions, one type of token."""
    from ctranslate2.converters import utils
    from ctranslate2.specs import common_spec, transformer_spec

    encoder = transformer_spec.TransformerEncoderSpec(
        shape.layers,
        shape.heads,
        pre_norm=False,
        activation=common_spec.Activation.GELU,
        layernorm_embedding=True,
        num_source_embeddings=2,
        embeddings_merge=common_spec.EmbeddingsMerge.ADD,
    )
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = pack.matrix("emb.word", shape.pieces, shape.width)
    encoder.embeddings[1].weight = pack.plain("emb.type", shape.types, shape.width)
    encoder.position_encodings.encodings = pack.plain("emb.pos", shape.positions, shape.width)

    def norm(spec: Any, name: str) -> None:
        spec.gamma, spec.beta = pack.plain(f"{name}.w", shape.width), pack.plain(f"{name}.b", shape.width)

    def linear(spec: Any, name: str, out: int, into: int) -> Any:
        spec.weight, spec.bias = pack.matrix(f"{name}.w", out, into), pack.plain(f"{name}.b", out)
        return spec

    norm(encoder.layernorm_embedding, "emb.ln")
    for i, layer in enumerate(encoder.layer):
        asked = [
            linear(common_spec.LinearSpec(), f"l{i}.{one}", shape.width, shape.width)
            for one in ("q", "k", "v")
        ]
        utils.fuse_linear(layer.self_attention.linear[0], asked)
        linear(layer.self_attention.linear[1], f"l{i}.ao", shape.width, shape.width)
        norm(layer.self_attention.layer_norm, f"l{i}.aln")
        linear(layer.ffn.linear_0, f"l{i}.fi", shape.inner, shape.width)
        linear(layer.ffn.linear_1, f"l{i}.fo", shape.width, shape.inner)
        norm(layer.ffn.layer_norm, f"l{i}.oln")
    return transformer_spec.TransformerEncoderModelSpec(encoder)


def _tokenizer(vocabulary: Vocabulary) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers

    chances = list(zip(vocabulary.pieces, vocabulary.scores, strict=True))
    found = Tokenizer(models.Unigram(chances, unk_id=vocabulary.unknown, byte_fallback=False))
    found.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    return found
