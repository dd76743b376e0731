"""A Whisper of random weights that gives as many tokens a window as asked for.

Speed depends on the sizes of the weights and on how many tokens are decoded, not on what the weights say.
So the weights are random but for two dimensions, which make every side do the same work:

- `<|endoftext|>`, the special tokens and the timestamps cannot be chosen: the last layer norm adds a constant
  in one dimension, in which their rows of the vocabulary point the other way. A text ends when it is told to.
- In another dimension the positions of the decoder speak: after the N-th text token a timestamp is certain.
  Who asks for N tokens without timestamps never gets that far; who decodes timestamps, as the sequential mode
  of faster-whisper does, gets a timestamp, N text tokens and a timestamp, and goes on to the next 30 s.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.adapters.outbound.whisper.languages import LANGUAGES
from bench.geometries import PROMPT_TOKENS, TEXT_TOKENS, TIMESTAMPS, Geometry

if TYPE_CHECKING:
    from transformers import WhisperForConditionalGeneration

SENTENCE_WORDS = 10

_UNREACHABLE, _POSITION = 0, 1
"""The two dimensions."""


def write_model(sizes: Geometry, tokens: int, folder: Path) -> None:
    """Into `folder`, in the format of transformers. `import_transformers` has to be called before."""
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
    languages = [name for name in sizes.specials if name.strip("<|>") in LANGUAGES]
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
    """Made-up words, no two alike, always the same ones; one in ten ends a sentence, as in speech."""
    chance, made = random.Random(0), set[str]()
    while len(made) < TEXT_TOKENS:
        syllables = (
            chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(chance.randint(2, 4))
        )
        word = "".join(syllables)
        if word not in made:
            made.add(word)
            yield word if len(made) % SENTENCE_WORDS else f"{word}."
