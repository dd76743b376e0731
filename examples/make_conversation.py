"""Make the example: two minutes of three people planning a day at a lake, spoken by synthetic voices.

Writes `conversation.flac` (16 kHz mono), `conversation.rttm` (who speaks when) and `conversation.stm`
(who says what when) beside this file. Needs flite with its voices slt, rms and awb (Debian: `apt
install flite`) and PyAV. The same flite and PyAV give the same bytes again.

    python examples/make_conversation.py
"""

import re
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 16_000
LEVEL = 0.08
"""Root mean square of every utterance, of full scale."""
LEAD_S = 0.6
NAME = "conversation"
VOICES = {"anna": "slt", "ben": "rms", "carl": "awb"}

# Speaker, seconds of pause before (negative: they interrupt), words.
DIALOGUE = """
ben 0.0 good morning to both of you
anna 0.5 what are we going to do this weekend
ben 0.5 i would like to go to the lake on saturday
carl 0.4 that is a very good idea
anna 0.7 the weather will be warm and dry
ben 0.3 it is a nice place for a picnic
anna 0.6 how long does it take to get there
carl 0.4 it is about two hours from here by train
ben 0.8 we could take the early train and be there before noon
anna 0.3 i can bring bread and cheese and some fruit
carl 0.6 last time we forgot to bring enough water
ben 0.4 i will buy six bottles of water tomorrow
anna 0.9 do you want to rent a boat again
carl 0.2 yes but this time i will not fall into the water
ben 0.7 we had to wait a long time for a boat last year
anna 0.4 then we should call them in the morning
ben 0.3 i have the number in my phone
carl 0.8 my brother would like to come with us
ben -0.3 how old is your brother now
carl 0.5 he is nineteen and he loves to swim
anna 0.6 he can help us carry the food
carl 0.3 is there a place where we can sit in the shade
ben 0.5 there are some old trees on the north side of the lake
anna 0.7 i hope it does not rain
ben 0.4 the man on the radio said it would be sunny all week
carl 0.6 he was wrong about the snow in march
anna 0.3 well nobody is right every day
ben 0.8 we could also walk around the lake after lunch
carl 0.4 the path is about five miles long
ben -0.2 that may be too far for one afternoon
anna 0.6 we can turn back when we get tired
carl 0.5 please do not forget your hat this time
anna 0.4 the sun was very strong last summer
ben 0.6 what time does the last train leave
carl 0.5 the last train leaves at nine in the evening
ben 0.3 so we have the whole day
anna 0.4 and i will take some pictures of the mountains
anna 0.7 how much money do we need for the tickets
ben 0.4 the tickets are twelve dollars for each of us
carl 0.6 that is not too bad
ben 0.5 i can pay for all of us and you pay me back later
carl 0.6 where should we meet on saturday morning
anna 0.4 let us meet in front of the station at eight
ben 0.3 please be on time because the train will not wait
carl 0.7 okay then i will see you both on saturday
anna 0.3 i am looking forward to it
"""

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Sound without the silence around it, and the stretches of it (s) between flite's own pauses."""

    samples: Samples
    spoken: tuple[tuple[float, float], ...]


def speak(text: str, voice: str) -> Utterance:
    """`text` by a flite voice. `-psdur` prints the end of every phone; "pau" is silence."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        done = subprocess.run(
            ["flite", "-voice", voice, "-psdur", "-t", text, "-o", path],
            check=True,
            capture_output=True,
            text=True,
        )
        with wave.open(str(path)) as file:
            if file.getframerate() != SAMPLE_RATE_HZ:
                raise SystemExit(f"flite's voice {voice} does not speak at {SAMPLE_RATE_HZ} Hz")
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32)
    spoken: list[tuple[float, float]] = []
    start_s = 0.0
    after_pause = True
    for phone, end in re.findall(r"(\S+):([\d.]+)", done.stdout):
        if phone != "pau":
            first_s = start_s if after_pause else spoken.pop()[0]
            spoken.append((first_s, float(end)))
        after_pause = phone == "pau"
        start_s = float(end)
    offset_s = spoken[0][0]
    sound = samples[round(offset_s * SAMPLE_RATE_HZ) : round(spoken[-1][1] * SAMPLE_RATE_HZ)]
    sound = sound * (LEVEL / np.sqrt(np.mean(np.square(sound))))
    return Utterance(samples=sound, spoken=tuple((start - offset_s, end - offset_s) for start, end in spoken))


def write_flac(path: Path, samples: Samples) -> None:
    pcm = np.round(np.clip(samples, -1, 1) * 32_767).astype(np.int16)
    with av.open(str(path), "w", format="flac", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE_HZ, layout="mono")
        stream.codec_context.format = "s16"
        stream.codec_context.options = {"compression_level": "12", "flags": "+bitexact"}
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    here = Path(__file__).parent
    mix = np.zeros(0, np.float32)
    rttm: list[str] = []
    stm: list[str] = []
    end_s = LEAD_S
    for line in DIALOGUE.strip().splitlines():
        speaker, pause, text = line.split(maxsplit=2)
        utterance = speak(text, VOICES[speaker])
        first = round((end_s + float(pause)) * SAMPLE_RATE_HZ)
        last = first + len(utterance.samples)
        mix = np.pad(mix, (0, max(0, last - len(mix))))
        mix[first:last] += utterance.samples
        start_s, end_s = first / SAMPLE_RATE_HZ, last / SAMPLE_RATE_HZ
        stm.append(f"{NAME} 1 {speaker} {start_s:.3f} {end_s:.3f} {text}")
        rttm += [
            f"SPEAKER {NAME} 1 {start_s + begin:.3f} {end - begin:.3f} <NA> <NA> {speaker} <NA> <NA>"
            for begin, end in utterance.spoken
        ]
    write_flac(here / f"{NAME}.flac", np.pad(mix, (0, round(LEAD_S * SAMPLE_RATE_HZ))))
    (here / f"{NAME}.rttm").write_text("\n".join(rttm) + "\n", encoding="utf-8")
    (here / f"{NAME}.stm").write_text("\n".join(stm) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
