from app.application.formats.cues import DEFAULT_LAYOUT
from app.application.formats.txt import write_txt
from tests.unit.application.formats.transcripts import segment, transcript, wordless


def test_consecutive_segments_of_one_speaker_make_a_paragraph() -> None:
    written = transcript(
        segment("Good morning.", start=0),
        segment("Sit down.", start=2),
        segment("Thanks!", start=4, speaker="SPEAKER_01"),
        segment("Welcome.", start=5),
    )
    assert write_txt(written, DEFAULT_LAYOUT) == (
        "SPEAKER_00: Good morning. Sit down.\nSPEAKER_01: Thanks!\nSPEAKER_00: Welcome.\n"
    )


def test_segments_of_nobody_in_particular_get_a_line_each_and_no_label() -> None:
    written = transcript(segment("One.", speaker=None), segment("Two.", start=2, speaker=None))
    assert write_txt(written, DEFAULT_LAYOUT) == "One.\nTwo.\n"


def test_a_paragraph_of_chinese_has_no_spaces() -> None:
    written = transcript(
        wordless("你好。", start=0, end=1), wordless("请坐。", start=1, end=2), language="zh"
    )
    assert write_txt(written, DEFAULT_LAYOUT) == "SPEAKER_00: 你好。请坐。\n"


def test_a_line_break_in_the_text_starts_no_paragraph() -> None:
    written = transcript(wordless("One.\n\nSPEAKER_01: Two.", start=0, end=1))
    assert write_txt(written, DEFAULT_LAYOUT) == "SPEAKER_00: One. SPEAKER_01: Two.\n"
