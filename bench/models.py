"""Whisper models to measure with: its geometry, random weights, and as many tokens per window as asked for.

Speed depends on the sizes of the weights and on how many tokens are decoded, not on what the weights say.
So the weights are random but for two dimensions, which make every side do the same work:

- `<|endoftext|>`, the special tokens and the timestamps cannot be chosen: the last layer norm adds a constant
  in one dimension, in which their rows of the vocabulary point the other way. A text ends when it is told to.
- In another dimension the positions of the decoder speak: after the N-th text token a timestamp is certain.
  Who asks for N tokens without timestamps never gets that far; who decodes timestamps, as the sequential mode
  of faster-whisper does, gets a timestamp, N text tokens and a timestamp, and goes on to the next 30 s.
"""

import hashlib
import json
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import WhisperForConditionalGeneration

TEXT_TOKENS = 50_257
"""256 bytes, words, and the empty token by which CTranslate2 knows a multilingual model."""

TIMESTAMPS = 1_501
PROMPT_TOKENS = 4
"""Start, language, task, no timestamps."""

TIMESTAMPS_AROUND = 2
"""What decoding with timestamps costs beside the text: one before it and one after it."""

_LANGUAGES = tuple(
    """
    en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur
    hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si
    km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha
    ba jw su yue
    """.split()  # noqa: SIM905 - one can read it
)
_UNREACHABLE, _POSITION = 0, 1
"""The two dimensions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """The sizes of one of OpenAI's models. `layers` counts the encoder's, and the decoder's again."""

    name: str
    width: int
    layers: int
    heads: int
    inner_width: int
    mel_bins: int
    languages: int

    @property
    def vocabulary(self) -> int:
        return TEXT_TOKENS + len(self.specials) + TIMESTAMPS

    @property
    def specials(self) -> list[str]:
        """In Whisper's order; their ids follow those of the text."""
        spoken = [f"<|{code}|>" for code in _LANGUAGES[: self.languages]]
        tasks = ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"]
        return ["<|endoftext|>", "<|startoftranscript|>", *spoken, *tasks, "<|notimestamps|>"]

    def id_of(self, special: str) -> int:
        return TEXT_TOKENS + self.specials.index(special)


GEOMETRIES = {
    model.name: model
    for model in (
        Geometry(name="micro", width=64, layers=2, heads=2, inner_width=128, mel_bins=80, languages=99),
        Geometry(name="tiny", width=384, layers=4, heads=6, inner_width=1536, mel_bins=80, languages=99),
        Geometry(name="small", width=768, layers=12, heads=12, inner_width=3072, mel_bins=80, languages=99),
        Geometry(
            name="large-v3", width=1280, layers=32, heads=20, inner_width=5120, mel_bins=128, languages=100
        ),
    )
}
"""micro is nobody's: it makes the tests of the benchmarks fast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model in the two formats. `tokens` is how many text tokens a window gets, on every side."""

    name: str
    tokens: int
    transformers: Path
    ctranslate2: Path


def random_model(
    geometry: str, tokens: int, *, quantization: str = "int8", cache: Path | None = None
) -> Model:
    """A model of `GEOMETRIES`, made now unless it is in the cache.

    `quantization` is how the CTranslate2 folder is stored. Raises `KeyError` for other geometries.
    """
    sizes = GEOMETRIES[geometry]
    folder = (cache or cache_folder()) / f"{geometry}-{tokens}"
    made = _once(folder / "transformers", lambda target: _write_model(sizes, tokens, target))
    return _both(f"random weights, {geometry} geometry", tokens, made, folder, quantization)


def real_model(folder: Path, tokens: int, *, quantization: str = "int8") -> Model:
    """A model of somebody's, as a transformers folder; texts are cut at `tokens`, but may be shorter."""
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    own = cache_folder() / "given" / f"{folder.resolve().name}-{place}"
    return _both(folder.resolve().name, tokens, folder, own, quantization)


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "diarist" / "bench"


def _both(name: str, tokens: int, made: Path, folder: Path, quantization: str) -> Model:
    converted = _once(folder / quantization, lambda target: _convert(made, target, quantization))
    return Model(name=name, tokens=tokens, transformers=made, ctranslate2=converted)


def _once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder, or find it. One that is half made is never found."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=folder.parent))
        try:
            make(making)
            making.rename(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return folder


def _convert(made: Path, target: Path, quantization: str) -> None:
    import_transformers()
    from ctranslate2.converters import TransformersConverter

    copied = ["tokenizer.json", "preprocessor_config.json"]
    TransformersConverter(str(made), copy_files=copied).convert(
        str(target), quantization=quantization, force=True
    )


def _write_model(sizes: Geometry, tokens: int, folder: Path) -> None:
    import_transformers()
    import torch
    from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor
    from transformers import WhisperForConditionalGeneration as Whisper

    end = sizes.id_of("<|endoftext|>")
    ids = {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end}
    ids["decoder_start_token_id"] = sizes.id_of("<|startoftranscript|>")
    torch.manual_seed(0)
    model = Whisper(
        WhisperConfig(
            vocab_size=sizes.vocabulary,
            num_mel_bins=sizes.mel_bins,
            d_model=sizes.width,
            encoder_layers=sizes.layers,
            decoder_layers=sizes.layers,
            encoder_attention_heads=sizes.heads,
            decoder_attention_heads=sizes.heads,
            encoder_ffn_dim=sizes.inner_width,
            decoder_ffn_dim=sizes.inner_width,
            suppress_tokens=[],
            begin_suppress_tokens=[],
            **ids,
        )
    )
    with torch.no_grad():
        _fix_the_number_of_tokens(model, sizes, tokens)
    languages = [name for name in sizes.specials if name.strip("<|>") in _LANGUAGES]
    model.generation_config = GenerationConfig(
        **ids,
        max_length=448,
        is_multilingual=True,
        return_timestamps=False,
        suppress_tokens=[],
        begin_suppress_tokens=[],
        lang_to_id={name: sizes.id_of(name) for name in languages},
        task_to_id={task: sizes.id_of(f"<|{task}|>") for task in ("transcribe", "translate")},
        no_timestamps_token_id=sizes.id_of("<|notimestamps|>"),
        prev_sot_token_id=sizes.id_of("<|startofprev|>"),
        # As many as OpenAI names for its models of these sizes: six to ten, in the upper half.
        alignment_heads=[[sizes.layers - 1 - n % (sizes.layers // 2), n % sizes.heads] for n in range(6)],
    )
    model.half().save_pretrained(folder)
    _write_tokenizer(sizes, folder)
    WhisperFeatureExtractor(feature_size=sizes.mel_bins).save_pretrained(folder)


def _fix_the_number_of_tokens(model: "WhisperForConditionalGeneration", sizes: Geometry, tokens: int) -> None:
    decoder = model.model.decoder
    for layer in decoder.layers:
        # Nothing but the positions writes into theirs, and no layer but the last norm reads it.
        for writer in (layer.self_attn.out_proj, layer.encoder_attn.out_proj, layer.fc2):
            writer.weight[_POSITION] = 0
            writer.bias[_POSITION] = 0
        for norm in (layer.self_attn_layer_norm, layer.encoder_attn_layer_norm, layer.final_layer_norm):
            norm.weight[_POSITION] = norm.bias[_POSITION] = 0
    vocabulary, timestamps = decoder.embed_tokens.weight, sizes.id_of("<|notimestamps|>") + 1
    vocabulary[:TEXT_TOKENS, _UNREACHABLE] = 0.1
    vocabulary[TEXT_TOKENS:, _UNREACHABLE] = -1.0
    vocabulary[:, _POSITION] = 0.0
    vocabulary[timestamps:, _POSITION] = 4.0
    decoder.layer_norm.weight[_UNREACHABLE] = 0
    decoder.layer_norm.bias[_UNREACHABLE] = 25
    after_text = PROMPT_TOKENS + tokens - 1
    positions = decoder.embed_positions.weight
    positions[:after_text, _POSITION] = -40.0
    positions[after_text:, _POSITION] = 40.0


def _write_tokenizer(sizes: Geometry, folder: Path) -> None:
    from tokenizers import AddedToken, pre_tokenizers
    from transformers import WhisperTokenizer

    texts = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(f"Ġ{word}" for word in _words())]
    vocabulary = {text: number for number, text in enumerate(texts[: TEXT_TOKENS - 1])} | {
        "": TEXT_TOKENS - 1
    }
    tokenizer = WhisperTokenizer(vocab=vocabulary, merges=[], pad_token="<|endoftext|>")
    tokenizer.add_special_tokens({"extra_special_tokens": sizes.specials[1:]})
    tokenizer.add_tokens(
        [
            AddedToken(f"<|{index * 0.02:.2f}|>", normalized=False, special=False)
            for index in range(TIMESTAMPS)
        ]
    )
    tokenizer.save_pretrained(folder)
    known = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    assert {token["content"]: token["id"] for token in known}["<|0.00|>"] == sizes.vocabulary - TIMESTAMPS


def _words() -> Iterator[str]:
    """Made-up words, no two alike, always the same ones."""
    chance, made = random.Random(0), set[str]()
    while len(made) < TEXT_TOKENS:
        syllables = (
            chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(chance.randint(2, 4))
        )
        word = "".join(syllables)
        if word not in made:
            made.add(word)
            yield word


def import_transformers() -> None:
    """Make `import transformers` safe beside a CPU build of torch, and quiet. Call it before the first."""
    from app.adapters.outbound import torchaudio_stand_in

    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    torchaudio_stand_in.install()
    from transformers.utils import logging

    logging.disable_progress_bar()
