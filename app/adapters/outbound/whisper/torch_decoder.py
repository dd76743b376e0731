"""Whisper's decoder, run by hand over the weights that transformers loaded.

`generate()` of transformers spends most of a step in Python, gives each window its own copy of the caches
for each beam, and grows them token by token. Here a step is a handful of kernels per layer
(`python -m bench transformers` compares the two).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from app.adapters.outbound.whisper.torch_memory import KeysValues, Past, Sound

if TYPE_CHECKING:
    import torch

_FEW_QUERIES = 8
"""Up to so many queries plain matrix products beat the fused attention of torch on CPUs."""
_FEW_ROWS = 64
_FEW_ROWS_OP = "_linear_pointwise"


class _Layer(NamedTuple):
    """The weights of a layer; those of self-attention's queries, keys and values are one matrix."""

    norm: Any
    attention: KeysValues
    attention_out: Any
    cross_norm: Any
    cross: Any
    feed_norm: Any
    widen: Any
    narrow: Any
    activation: Any


class Decoder:
    """Reads tokens while it listens to a `Sound`. `model` is a WhisperForConditionalGeneration.

    On CUDA every step launches its kernels one by one, which for a large model costs about as much as
    the work itself. `read` with one token per row is where a captured CUDA graph would go: shapes change
    only when a row is dropped. It was left out because it could not be measured.
    """

    def __init__(self, model: Any) -> None:
        decoder = model.model.decoder
        self._embedding: torch.Tensor = decoder.embed_tokens.weight
        self._scale: float = decoder.embed_scale
        self._places: torch.Tensor = decoder.embed_positions.weight
        self._norm = decoder.layer_norm
        self._output: torch.Tensor = model.proj_out.weight
        self._heads: int = model.config.decoder_attention_heads
        self._layers = [_fused(layer) for layer in decoder.layers]
        self.capacity: int = model.config.max_target_positions
        self.device = self._embedding.device

    @property
    def layers(self) -> int:
        return len(self._layers)

    @property
    def heads(self) -> int:
        return self._heads

    def past(self, rows: int, capacity: int) -> Past:
        """Room for `capacity` tokens of each row."""
        width = self._embedding.shape[1] // self._heads
        return Past(self._embedding, (self.layers, rows, self._heads, capacity, width))

    def read(
        self,
        tokens: "torch.Tensor",
        past: Past,
        sound: Sound,
        *,
        beams: int = 1,
        on_query: "Callable[[int, torch.Tensor], None] | None" = None,
    ) -> "torch.Tensor":
        """Hidden states (rows, t, width) after `tokens` (rows, t), which follow what `past` holds.

        Row r listens to row `r // beams` of `sound`, so that the beams of a window share what is heard of it.
        More than one token at a time only where `past` is empty. `on_query` is told each layer's queries of
        cross-attention, (windows, heads, beams * t, head width).
        """
        import torch
        from torch.nn.functional import scaled_dot_product_attention

        rows, count = tokens.shape
        past.rows = rows
        windows = rows // beams
        places = self._places[past.length : past.length + count]
        hidden = torch.nn.functional.embedding(tokens, self._embedding) * self._scale + places
        for index, (layer, (keys, values)) in enumerate(zip(self._layers, self._heard(sound), strict=True)):
            fused = _linear(layer.norm(hidden), *layer.attention)
            own = fused.view(rows, count, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
            known = past.extend(index, own[1], own[2])
            if count > 1:
                told = scaled_dot_product_attention(own[0], *known, is_causal=True)
            else:
                told = _attend(own[0], *known)
            hidden = hidden + _apply(layer.attention_out, told.transpose(1, 2).reshape(rows, count, -1))
            query = _apply(layer.cross.q_proj, layer.cross_norm(hidden))
            query = query.view(windows, -1, self._heads, keys.shape[-1]).transpose(1, 2)
            if on_query is not None:
                on_query(index, query)
            told = _attend(query, keys[:windows], values[:windows])
            hidden = hidden + _apply(layer.cross.out_proj, told.transpose(1, 2).reshape(rows, count, -1))
            wide = layer.activation(_apply(layer.widen, layer.feed_norm(hidden)))
            hidden = hidden + _apply(layer.narrow, wide)
        past.advance(count)
        normal: torch.Tensor = self._norm(hidden)
        return normal

    def scores(self, hidden: "torch.Tensor", first_tokens: int | None = None) -> "torch.Tensor":
        """Logits in float32 of all tokens, or of the first so many, after each of the hidden states."""
        return _linear(hidden, self._output[:first_tokens]).float()

    def _heard(self, sound: Sound) -> list[KeysValues]:
        if not sound.attended:
            states = sound.states
            shape = (*states.shape[:2], self._heads, -1)

            def by_head(projection: Any) -> "torch.Tensor":
                heard: torch.Tensor = projection(states).view(shape).transpose(1, 2).contiguous()
                return heard

            sound.attended = [
                (by_head(layer.cross.k_proj), by_head(layer.cross.v_proj)) for layer in self._layers
            ]
        return sound.attended

    def keys(self, sound: Sound, layer: int) -> "torch.Tensor":
        """What cross-attention of a layer compares queries with: (windows, heads, positions, head width)."""
        return self._heard(sound)[layer][0]


def _fused(layer: Any) -> _Layer:
    import torch

    own = layer.self_attn
    with torch.no_grad():  # or the parts would be kept, for a gradient
        weight = torch.cat([own.q_proj.weight, own.k_proj.weight, own.v_proj.weight])
        bias = torch.cat([own.q_proj.bias, torch.zeros_like(own.q_proj.bias), own.v_proj.bias])
    return _Layer(
        layer.self_attn_layer_norm,
        (weight, bias),
        own.out_proj,
        layer.encoder_attn_layer_norm,
        layer.encoder_attn,
        layer.final_layer_norm,
        layer.fc1,
        layer.fc2,
        layer.activation_fn,
    )


def _apply(linear: Any, inputs: "torch.Tensor") -> "torch.Tensor":
    return _linear(inputs, linear.weight, linear.bias)


def _linear(
    inputs: "torch.Tensor", weight: "torch.Tensor", bias: "torch.Tensor | None" = None
) -> "torch.Tensor":
    """`torch.nn.functional.linear`, which multiplies a few rows by a large matrix slowly on CPUs.

    There oneDNN, called as torch's own compiler calls it, takes a third of the time of MKL in float32.
    """
    import torch

    few = inputs.numel() <= _FEW_ROWS * inputs.shape[-1]
    if few and inputs.is_cpu and inputs.dtype == torch.float32 and hasattr(torch.ops.mkldnn, _FEW_ROWS_OP):
        multiply: Any = getattr(torch.ops.mkldnn, _FEW_ROWS_OP)
        product: torch.Tensor = multiply(inputs, weight, bias, "none", [], "")
        return product
    return torch.nn.functional.linear(inputs, weight, bias)


def _attend(query: "torch.Tensor", keys: "torch.Tensor", values: "torch.Tensor") -> "torch.Tensor":
    """Every query (…, n, width) looks at every key: softmax(q · k / √width) · v."""
    from torch.nn.functional import scaled_dot_product_attention

    if query.is_cpu and query.shape[2] <= _FEW_QUERIES:
        weights = (query * query.shape[-1] ** -0.5) @ keys.transpose(2, 3)
        told: torch.Tensor = weights.softmax(-1) @ values
        return told
    return scaled_dot_product_attention(query, keys, values)
