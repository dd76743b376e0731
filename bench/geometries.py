"""The sizes of Whisper models, and how their vocabularies are laid out."""

from dataclasses import dataclass

from app.adapters.outbound.whisper.languages import LANGUAGES

TEXT_TOKENS = 50_257
"""256 bytes, words, and the empty token by which CTranslate2 knows a multilingual model."""

TIMESTAMPS = 1_501
PROMPT_TOKENS = 4
"""Start, language, task, no timestamps."""

TIMESTAMPS_AROUND = 2
"""What decoding with timestamps costs beside the text: one before it and one after it."""


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
        spoken = [f"<|{code}|>" for code in LANGUAGES[: self.languages]]
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
