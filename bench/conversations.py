"""Generated conversations of synthetic people, of which every turn and every word is known.

    for scene in corpus(held_out=True):
        talk = converse(scene)          # talk.samples, talk.turns, talk.words

The same scene gives the same conversation, also on another machine with the same flite and espeak-ng.
Voices and texts of the tuning set are none of the held-out set's. What the voices say is kept in the
cache, so that an hour of it takes seconds to make.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from app.domain.transcript import SpeakerTurn, Word
from bench.models import cache_folder
from bench.rooms import RATE_HZ, Samples, add_noise, heard_in, room
from bench.voices import LEVEL, Repertoire, Utterance, cast, repertoire

LEAD_S = 0.5
PAUSE_IN_TURN_S = 0.25
"""Pauses of one speaker up to this long do not end a turn, as in pyannote's references."""
LONG_SILENCE_S = (4.0, 20.0)
LONGEST_SENTENCE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """How a conversation is to be. `interruptions` and `asides` are shares of the changes of speaker
    and of the sentences; `snr_db` is of the voices at their average level; None is a silent room."""

    seed: int
    voices: int
    duration_s: float
    held_out: bool = False
    interruptions: float = 0.15
    asides: float = 0.1
    long_silences: float = 0.01
    snr_db: float | None = None
    reverberation_s: float = 0.0
    gain_spread_db: float = 3.0

    @property
    def name(self) -> str:
        group = "held-out" if self.held_out else "tuning"
        noise = "quiet" if self.snr_db is None else f"{self.snr_db:g}dB"
        return f"{group}-{self.seed}-{self.voices}v-{self.duration_s:g}s-{noise}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conversation:
    """Mono float32 at 16 kHz, who speaks when (overlaps kept), and each word with its speaker.

    The last word of a sentence ends in a full stop.
    """

    name: str
    samples: Samples
    turns: tuple[SpeakerTurn, ...]
    words: tuple[Word, ...]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / RATE_HZ

    @property
    def speakers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(turn.speaker_label for turn in self.turns))

    def rttm(self) -> str:
        return "".join(
            f"SPEAKER {self.name} 1 {turn.start:.3f} {turn.range.duration:.3f} <NA> <NA>"
            f" {turn.speaker_label} <NA> <NA>\n"
            for turn in self.turns
        )


def corpus(*, held_out: bool, quick: bool = False) -> list[Scene]:
    """2 to 6 voices, from 10 s to 10 min, quiet and noisy, dry and in a room, with more and less overlap."""
    lengths = {2: (10, 30, 120), 3: (20, 60, 180), 4: (45, 120, 300), 5: (90, 240), 6: (120, 600)}
    scenes = []
    for voices, durations in lengths.items():
        for duration_s in durations:
            number = len(scenes)
            scenes.append(
                Scene(
                    seed=1000 * held_out + number,
                    voices=voices,
                    duration_s=duration_s,
                    held_out=held_out,
                    interruptions=(0.1, 0.25, 0.45)[number % 3],
                    asides=(0.05, 0.15, 0.3)[number % 3],
                    snr_db=(None, 25.0, 15.0, 8.0)[number % 4],
                    reverberation_s=(0.0, 0.2, 0.35)[(number // 2) % 3],
                    gain_spread_db=(1.0, 3.0, 6.0)[number % 3],
                )
            )
    return scenes[::3] if quick else scenes


def converse(scene: Scene) -> Conversation:
    return _Talk(scene).take_place()


def recording(conversation: Conversation) -> Path:
    """The conversation as FLAC (16 bits) in the cache."""
    path = cache_folder() / "conversations" / f"{conversation.name}.flac"
    path.parent.mkdir(parents=True, exist_ok=True)
    pcm = np.round(np.clip(conversation.samples, -1, 1) * 32_767).astype(np.int16)
    with av.open(str(path), "w", format="flac") as out:
        stream = out.add_stream("flac", rate=RATE_HZ, layout="mono")
        stream.codec_context.format = "s16"
        for first in range(0, len(pcm), 4096):
            frame = av.AudioFrame.from_ndarray(
                pcm[np.newaxis, first : first + 4096], format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts = RATE_HZ, first
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Person:
    label: str
    says: Repertoire
    level: float
    talkative: float
    room: Samples | None


class _Talk:
    """A conversation while it takes place."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._dice = np.random.default_rng(scene.seed)
        self._people = self._gather()
        self._samples = np.zeros(round(scene.duration_s * RATE_HZ), np.float32)
        self._words: list[Word] = []
        self._quiet_from = {person.label: 0.0 for person in self._people}

    def take_place(self) -> Conversation:
        scene, dice = self._scene, self._dice
        speaker, now_s = self._people[0], LEAD_S
        waiting = list(self._people[1:])
        while True:
            end_s = now_s
            for sentence in range(int(dice.integers(1, 4))):
                start_s = end_s + (dice.uniform(0.05, 0.6) if sentence else 0.0)
                said = self._choose(speaker.says.sentences, start_s)
                if said is None:
                    return self._recorded()
                self._say(speaker, said, start_s)
                end_s = start_s + said.duration_s
                if dice.random() < scene.asides:
                    self._aside(speaker, start_s, said)
            # Everybody has a first word before anybody is left to chance.
            before, speaker = speaker, waiting.pop(0) if waiting else self._next(speaker)
            if before is not speaker and dice.random() < scene.interruptions:
                now_s = max(end_s - dice.uniform(0.3, 1.5), self._quiet_from[speaker.label] + 0.1)
            elif dice.random() < scene.long_silences:
                now_s = end_s + dice.uniform(*LONG_SILENCE_S)
            else:
                now_s = end_s + max(0.05, dice.normal(0.4, 0.3))

    def _gather(self) -> list[_Person]:
        scene, dice = self._scene, self._dice
        everybody = cast(held_out=scene.held_out)
        chosen = dice.permutation(len(everybody))[: scene.voices]
        return [
            _Person(
                label=everybody[number].name,
                says=repertoire(everybody[number]),
                level=10 ** (dice.uniform(-scene.gain_spread_db, scene.gain_spread_db) / 20),
                talkative=dice.uniform(0.5, 1.5),
                room=room(dice, reverberation_s=scene.reverberation_s) if scene.reverberation_s else None,
            )
            for number in chosen
        ]

    def _next(self, before: _Person) -> _Person:
        chances = np.array([0.3 if p is before else p.talkative for p in self._people])
        return self._people[int(self._dice.choice(len(self._people), p=chances / chances.sum()))]

    def _choose(self, said: tuple[Utterance, ...], start_s: float) -> Utterance | None:
        """Something that ends before the recording does; None when there is no time for anything."""
        if start_s + LONGEST_SENTENCE_S > self._scene.duration_s:
            said = tuple(one for one in said if start_s + one.duration_s <= self._scene.duration_s)
        return said[int(self._dice.integers(len(said)))] if said else None

    def _aside(self, speaker: _Person, start_s: float, said: Utterance) -> None:
        """Somebody says a word while `speaker` goes on."""
        listener = self._next(speaker)
        at_s = start_s + self._dice.uniform(0.2, 0.9) * said.duration_s
        aside = self._choose(listener.says.asides, at_s)
        if aside is not None and listener is not speaker and at_s > self._quiet_from[listener.label]:
            self._say(listener, aside, at_s)

    def _say(self, person: _Person, said: Utterance, start_s: float) -> None:
        first = round(start_s * RATE_HZ)
        sound = said.samples * np.float32(person.level * 10 ** (self._dice.normal(0, 1.5) / 20))
        if person.room is not None:
            sound = heard_in(person.room, sound)
        place = self._samples[first : first + len(sound)]
        place += sound[: len(place)]
        *first_words, (last_word, begin, end) = said.words
        self._words += [
            Word(word=word, start=start_s + start, end=start_s + stop, speaker_label=person.label)
            for word, start, stop in (*first_words, (f"{last_word}.", begin, end))
        ]
        self._quiet_from[person.label] = start_s + said.duration_s

    def _recorded(self) -> Conversation:
        if self._scene.snr_db is not None:
            add_noise(self._samples, self._dice, level=LEVEL * 10 ** (-self._scene.snr_db / 20))
        self._samples *= min(1.0, 0.99 / float(np.abs(self._samples).max()))
        words = sorted(self._words, key=lambda word: (word.start, word.end))
        turns = _turns(words)
        speaking = np.zeros(round(self._scene.duration_s * 100) + 1, np.int8)
        for turn in turns:
            speaking[round(turn.start * 100) : round(turn.end * 100)] += 1
        return Conversation(
            name=self._scene.name,
            samples=self._samples,
            turns=tuple(turns),
            words=tuple(replace(word, overlap=_most(speaking, word) > 1) for word in words),
        )


def _turns(words: list[Word]) -> list[SpeakerTurn]:
    turns: list[SpeakerTurn] = []
    for label in sorted({word.speaker_label for word in words if word.speaker_label}):
        own = [word.range for word in words if word.speaker_label == label]
        start_s, end_s = own[0].start, own[0].end
        for word in own[1:]:
            if word.start - end_s > PAUSE_IN_TURN_S:
                turns.append(SpeakerTurn(start=start_s, end=end_s, speaker_label=label))
                start_s = word.start
            end_s = word.end
        turns.append(SpeakerTurn(start=start_s, end=end_s, speaker_label=label))
    return sorted(turns)


def _most(speaking: npt.NDArray[np.int8], word: Word) -> int:
    """How many people speak at once during a word."""
    return int(speaking[round(word.start * 100) : round(word.end * 100)].max(initial=0))
