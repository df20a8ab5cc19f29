"""Question files: 5,000 questions into a bank, in each format that carries them."""

import gc
import resource
import time
import uuid
from collections.abc import Iterator

QUESTIONS = 5_000
MOST_LOOK, MOST_TAKE, MOST_MEMORY = 10, 2, 512  # seconds of CPU, and MB of the whole process


def run() -> Iterator[tuple[str, str, str, str]]:
    from courses import banks, exchanging, formats
    from courses.formats import Given

    given = [
        Given(f"Question {n}", "single", _body(n), 1, ("one", "two")) for n in range(QUESTIONS)
    ]
    for format in ("gift", "moodle-xml", "qti"):
        data = formats.write(format, given).data
        bank = banks.create(by=None, key=uuid.uuid4(), title=f"Bench {format}")
        gc.collect()
        begun = time.process_time()
        found = exchanging.look(bank, format, data)
        looked = time.process_time() - begun
        begun = time.process_time()
        added = exchanging.take(bank, found, by=None)
        taken = time.process_time() - begun
        size = f"{len(data) / 1e6:.1f} MB"
        yield _against(f"  {format}, {size}: look", looked, MOST_LOOK, "s CPU")
        yield _against(f"  {format}: take {added:,}", taken, MOST_TAKE, "s CPU")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield _against("  most memory of this process", most, MOST_MEMORY, "MB")


def _against(what: str, measured: float, most: int, unit: str) -> tuple[str, str, str, str]:
    told = f"{measured:.0f}" if measured >= 100 else f"{measured:.1f}"
    return (what, f"{told} {unit}", f"≤ {most} {unit}", f"{100 * measured / most:.0f}%")


def _body(n: int) -> dict[str, object]:
    options = [
        {
            "id": letter,
            "text": {"en": f"Answer {letter} of {n}", "es": f"Respuesta {letter} de {n}"},
            "right": place == n % 4,
            "feedback": {"en": f"Because of {letter}."},
        }
        for place, letter in enumerate("abcd")
    ]
    prompt = {"en": f"Which of these fits number {n}?", "es": f"¿Cuál va con el número {n}?"}
    return {"prompt": prompt, "options": options, "explanation": {"en": "So it is."}}
