"""Things that people say in generated conversations: one set to tune on, another to measure on."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Parts of sentences, and words said while somebody else speaks."""

    openings: tuple[str, ...]
    middles: tuple[str, ...]
    endings: tuple[str, ...]
    asides: tuple[str, ...]

    def sentences(self, count: int, *, seed: str) -> list[str]:
        """`count` different sentences, long and short mixed."""
        dice = random.Random(seed)
        said: dict[str, None] = {}
        while len(said) < count:
            parts = [dice.choice(self.openings), dice.choice(self.middles)]
            if dice.random() < 0.6:
                parts.append(dice.choice(self.endings))
            said[" ".join(parts)] = None
        return list(said)


TUNING = Speech(
    openings=(
        "i am fairly sure that",
        "as far as we know",
        "my neighbour told me that",
        "from what the paper says",
        "it seems to me that",
        "nobody was surprised when",
        "you will see that",
        "yesterday",
        "to be honest",
        "in my opinion",
        "i noticed that",
        "they promised us that",
    ),
    middles=(
        "the bakery opens at six",
        "our garden needs more rain",
        "the new bridge is almost finished",
        "she sold her old bicycle",
        "the children painted the fence green",
        "a fox has been stealing eggs",
        "the mayor wants to plant more trees",
        "the bus was late again",
        "the museum has bought a famous picture",
        "he repaired the clock in the hall",
        "our choir is looking for deeper voices",
        "the library lends out games now",
        "the river was higher than usual",
        "the coffee tastes different",
    ),
    endings=(
        "and everybody talked about it",
        "before the winter came",
        "which made me laugh",
        "although it cost a lot of money",
        "so we stayed at home",
        "because the weather changed",
        "and that took all afternoon",
        "while the others were asleep",
        "without asking a single question",
        "and i still think about it",
    ),
    asides=("yes", "right", "i see", "exactly", "oh really", "go on", "that is true", "sure"),
)

HELD_OUT = Speech(
    openings=(
        "last time i checked",
        "the doctor explained why",
        "some people believe",
        "when i was younger",
        "we should remember that",
        "there is a good chance",
        "the report shows how",
        "on the other hand",
        "somebody has to say that",
        "let us not forget",
        "in the beginning",
        "i read somewhere that",
    ),
    middles=(
        "two engineers measured the tunnel",
        "this medicine works slowly",
        "the harbour freezes every january",
        "an orchestra played under the open sky",
        "most of the apples were sour",
        "the train to the coast is cheaper",
        "our teacher collects strange maps",
        "the kitchen smells of fresh paint",
        "the committee could not agree",
        "her uncle builds wooden boats",
        "the second chapter is too difficult",
        "the island has its own language",
        "a storm broke the highest window",
        "the shop on the corner is closing",
    ),
    endings=(
        "so nobody complained",
        "and the price doubled within a year",
        "unless you know the right person",
        "which was not what we expected",
        "even if it sounds foolish",
        "after a very long discussion",
        "just as the sun went down",
        "and then they changed the rules",
        "because of a small mistake",
        "as you can imagine",
    ),
    asides=("okay", "no way", "of course", "hm i know", "well yes", "good point", "i agree", "maybe"),
)
