"""One question of each kind, ready to be asked."""

from tests.factories import both

# Words that may reach a learner only after the attempt was sent.
SECRET = "only after sending"
OPTIONS = [
    {"id": "a", "text": both("Alpha"), "right": True, "feedback": both(SECRET)},
    {"id": "b", "text": both("Beta"), "right": False, "feedback": both(SECRET)},
    {"id": "c", "text": both("Gamma"), "right": True, "feedback": both(SECRET)},
]
TOLD = {"explanation": both(SECRET), "source": "https://example.org/only-after-sending"}
# The kinds whose answers are named in a form by what they are.
EVERY_KIND = {
    "single": {"prompt": both("One?"), "options": OPTIONS[:2], **TOLD},
    "multiple": {"prompt": both("Some?"), "options": OPTIONS, **TOLD},
    "true_false": {"prompt": both("So?"), "answer": True, **TOLD},
    "numeric": {
        "prompt": both("How many?"),
        "answer": {"value": 74321, "tolerance": 1, "unit": both("visits")},
        **TOLD,
    },
}
RIGHT = {"single": ["a"], "multiple": ["a", "c"], "true_false": ["true"], "numeric": ["74321"]}
WRONG = {"single": ["b"], "multiple": ["b"], "true_false": ["false"], "numeric": ["3"]}

TEN = {
    **EVERY_KIND,
    "ordering": {
        "prompt": both("In order?"),
        "items": [both("Wet"), both("Scrub"), both("Dry")],
        "when_right": both(SECRET),
        **TOLD,
    },
    "matching": {
        "prompt": both("Which belongs?"),
        "pairs": [
            {"text": both("Data"), "match": both("Numbers")},
            {"text": both("Story"), "match": both("Words")},
        ],
        "extras": [both("Money")],
        **TOLD,
    },
    "fill_in": {
        "prompt": both("Fill in."),
        "text": {"en": f"Wash for [{SECRET}] seconds.", "es": f"Lave por [{SECRET}] segundos."},
        **TOLD,
    },
    "text": {
        "prompt": both("With what?"),
        "accepted": [{"text": SECRET, "feedback": both(SECRET)}],
        **TOLD,
    },
    "scale": {"prompt": both("Useful?"), "steps": 5},
    "essay": {"prompt": both("Tell us."), "guide": both(SECRET), "least": 2, "most": 9},
}
