"""A pyannote pipeline of random weights in the geometry of community-1, under which several people speak.

Speed depends on the sizes of the weights, and on how many speakers are active. Plain random weights hear
nobody, or the same one person everywhere. So the two last layers are fitted to a recording: each class of
the segmentation is the largest now and then, and embeddings are centred, so that windows differ and
clustering has something to decide.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.adapters.outbound.pyannote.importing import import_pyannote
from app.domain.audio import SAMPLE_RATE_HZ, Samples

if TYPE_CHECKING:
    import torch

WINDOW_S = 10
SPEAKERS = ("one", "two", "three")
AT_ONCE = 2
FORGET_BIAS = 4.0
"""Of the LSTM: it remembers about a second, so that turns do not flicker from frame to frame."""
STRETCH_S = 2
"""What embeddings are fitted to: stretches of about the length of a turn."""
CLASS_LIKING = (1.2, 1.0, 1.0, 1.0, -0.6, -0.6, -0.6)
"""Added to the classes nobody, one, two, three, and the pairs, in standard deviations."""
LDA_DIMENSION = 128

CLUSTERINGS: dict[str, dict[str, Any]] = {
    "VBxClustering": {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8},
    "AgglomerativeClustering": {
        "method": "centroid",
        "min_cluster_size": 12,
        "threshold": 0.7045654963945799,
    },
}
"""With the parameters that community-1 and speaker-diarization-3.1 are published with."""


def write_pipeline(
    folder: Path,
    samples: Samples,
    *,
    clustering: str = "VBxClustering",
    layers: int = 4,
    embedding: Any = None,
) -> None:
    """Write the folder that `Pipeline.from_pretrained` loads. `samples` (n,), 16 kHz, are what to fit to.

    Tests take fewer `layers` and a smaller WeSpeaker ResNet, which is fitted where it is.
    """
    import_pyannote()
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import WeSpeakerResNet34
    from pyannote.audio.models.segmentation import PyanNet

    torch.manual_seed(0)
    length = WINDOW_S * SAMPLE_RATE_HZ
    windows = torch.from_numpy(samples).unfold(0, length, length)[:, None]
    segmentation = PyanNet(lstm={"num_layers": layers})
    segmentation.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=float(WINDOW_S),
        classes=list(SPEAKERS),
        powerset_max_classes=AT_ONCE,
        permutation_invariant=True,
    )
    segmentation.build()
    embedding = embedding or WeSpeakerResNet34()
    with torch.no_grad():
        _fit_segmentation(segmentation.eval(), windows)
        voices = _fit_embedding(embedding.eval(), windows)
    embedding.specifications = Specifications(
        problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=float(WINDOW_S), classes=[]
    )
    for name, model in (("segmentation", segmentation), ("embedding", embedding)):
        (folder / name).mkdir(parents=True)
        checkpoint = {
            "state_dict": model.state_dict(),
            "hyper_parameters": dict(model.hparams),
            "pytorch-lightning_version": "2.0.0",
            "epoch": 0,
            "global_step": 0,
        }
        model.on_save_checkpoint(checkpoint)
        torch.save(checkpoint, folder / name / "pytorch_model.bin")
    _write_plda(folder / "plda", voices)
    _write_config(folder / "config.yaml", clustering)


def _fit_segmentation(model: Any, windows: "torch.Tensor") -> None:
    import torch
    from torch.nn import functional

    hidden = model.lstm.hidden_size
    for name, bias in model.lstm.named_parameters():
        if name.startswith("bias_hh"):
            bias[hidden : 2 * hidden] += FORGET_BIAS
    heard: list[torch.Tensor] = []
    hook = model.classifier.register_forward_pre_hook(lambda _, given: heard.append(given[0]))
    model(windows)
    hook.remove()
    features = heard[0].flatten(0, 1)
    scale = features.std(dim=0).clamp_min(1e-6)
    directions = torch.randn(len(CLASS_LIKING), features.shape[1])
    raw = functional.linear(features / scale, directions)
    model.classifier.weight.copy_(directions / scale / raw.std(dim=0)[:, None])
    model.classifier.bias.copy_(torch.tensor(CLASS_LIKING) - raw.mean(dim=0) / raw.std(dim=0))


def _fit_embedding(model: Any, windows: "torch.Tensor") -> np.ndarray:
    """The voices (n, d) of the stretches that it was fitted to."""
    import torch

    stretches = windows.flatten().unfold(0, STRETCH_S * SAMPLE_RATE_HZ, STRETCH_S * SAMPLE_RATE_HZ)[:, None]
    heard = model.resnet.pool(model.forward_frames(stretches))
    scale = heard.std(dim=0).clamp_min(1e-6)
    last = model.resnet.seg_1
    last.weight.copy_(torch.randn_like(last.weight) / scale / heard.shape[1] ** 0.5)
    last.bias.copy_(-last.weight @ heard.mean(dim=0))
    voices: np.ndarray = last(heard).numpy()
    return voices


def _write_plda(folder: Path, voices: np.ndarray) -> None:
    """VBx looks where the `voices` (n, d) differ most, and sees little of the other directions."""
    folder.mkdir()
    dimension = min(LDA_DIMENSION, voices.shape[1])
    directions = np.linalg.svd(voices - voices.mean(axis=0), full_matrices=True)[2]
    np.savez(
        folder / "xvec_transform.npz",
        mean1=np.zeros(voices.shape[1]),
        mean2=np.zeros(dimension),
        lda=directions[:dimension].T,
    )
    np.savez(
        folder / "plda.npz",
        mu=np.zeros(dimension),
        tr=np.eye(dimension),
        psi=np.geomspace(100.0, 0.001, dimension),
    )


def _write_config(path: Path, clustering: str) -> None:
    parameters = "\n".join(f"    {name}: {value}" for name, value in CLUSTERINGS[clustering].items())
    path.write_text(
        f"""dependencies:
  pyannote.audio: 4.0.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: {clustering}
    segmentation: $model/segmentation
    segmentation_batch_size: 32
    embedding: $model/embedding
    embedding_batch_size: 32
    embedding_exclude_overlap: true
    plda: $model/plda
params:
  clustering:
{parameters}
  segmentation:
    min_duration_off: 0.0
"""
    )
