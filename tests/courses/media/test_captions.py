"""WebVTT: what is taken, and every mistake by its line."""

import pytest

from courses.media.captions import as_webvtt, read, tidy, transcript

GOOD = """WEBVTT - Walk through the clinic

NOTE made by hand

1
00:01.000 --> 00:04.000 line:85%
<v Ana>Good morning &amp; welcome.</v>

01:00:04.500 --> 01:00:06.000
<i>The door</i> opens.
"""


def test_a_good_file_gives_its_words():
    cues, mistakes = read(GOOD)
    assert mistakes == []
    assert [(c.start, c.end, c.voice, c.text) for c in cues] == [
        (1000, 4000, "Ana", "Good morning & welcome."),
        (3604500, 3606000, "", "The door opens."),
    ]


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
def test_any_line_end_and_a_byte_order_mark_are_read(ends):
    source = "\ufeff" + GOOD.replace("\n", ends)
    assert read(source) == read(GOOD)
    assert tidy(source) == GOOD


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("00:01.000 --> 00:02.000\nHello", 1),
        ("WEBVTT\n\nHello there\n", 3),
        ("WEBVTT\n\n00:01,000 --> 00:02,000\nHello", 3),
        ("WEBVTT\n\nintro\n00:01.000 -> 00:02.000\nHello", 3),
        ("WEBVTT\n\n00:05.000 --> 00:02.000\nHello", 3),
        ("WEBVTT\n\n00:05.000 --> 00:06.000\nA\n\n00:01.000 --> 00:02.000\nB", 6),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nA\n00:03.000 --> 00:04.000\nB", 4),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n\n", 3),
        ("WEBVTT\n\nSTYLE\n::cue { color: red }\n", 3),
        ("WEBVTT\n\n00:01.000 --> 00:99.000\nA", 3),
        ("WEBVTT\n", 1),
        ("", 1),
    ],
)
def test_a_mistake_is_told_by_its_line(source, line):
    _cues, mistakes = read(source)
    assert [m.line for m in mistakes][:1] == [line], mistakes


def test_a_transcript_begins_anew_after_a_pause_and_with_another_voice():
    source = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>One.\n\n00:02.000 --> 00:03.000\n<v Ana>Two.\n\n"
        "00:03.000 --> 00:04.000\n<v Ben>Three.\n\n00:20.000 --> 00:21.000\n<v Ben>Four.\n"
    )
    assert transcript(read(source)[0]) == ["Ana: One. Two.", "Ben: Three.", "Ben: Four."]


SRT = """1
00:00:01,000 --> 00:00:04,000
Good morning, everyone.

2
00:00:04,500 --> 00:01:06,000 X1:100 X2:200
The door,
12:00,500 or so, opens.
"""


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_srt_becomes_webvtt(ends):
    cues, mistakes = read(as_webvtt("\ufeff\n" + SRT.replace("\n", ends)))
    assert mistakes == []
    assert [(cue.start, cue.end, cue.text) for cue in cues] == [
        (1000, 4000, "Good morning, everyone."),
        (4500, 66000, "The door, 12:00,500 or so, opens."),
    ]


@pytest.mark.parametrize("source", [GOOD, "", "no captions", "00:01.000 --> 00:02.000\nHello"])
def test_only_srt_is_rewritten(source):
    assert as_webvtt(source) == source
