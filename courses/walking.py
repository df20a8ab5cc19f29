"""A scenario as one reader has walked it so far. Plain values: the path is in the request.

A path is the ids of the choices taken, joined by dots. What does not lead anywhere ends the path
where it still led.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.text import Said, said

LONGEST = 60  # choices; stories may go round in circles


@dataclass(frozen=True)
class Choice:
    path: str  # the whole path with this choice
    text: Said
    to: int  # the number of the scene it leads to, 0 where the story ends
    taken: bool = False


@dataclass(frozen=True)
class Scene:
    number: int
    text: Said
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Walk:
    scenes: tuple[Scene, ...]  # those walked through, the last is where the reader stands
    all_scenes: tuple[Scene, ...]  # for paper
    path: str
    ended: bool


def walk(settings: Mapping[str, Any], path: str) -> Walk:
    stored: Sequence[Mapping[str, Any]] = settings.get("scenes", [])
    numbers = {scene["id"]: n for n, scene in enumerate(stored, 1)}
    walked: list[Scene] = []
    taken: list[str] = []
    here = stored[0] if stored else None
    for step in path.split(".")[:LONGEST]:
        chosen = here and next((c for c in here["choices"] if c["id"] == step), None)
        if here is None or not chosen:
            break
        walked.append(_scene(here, numbers, taken, step))
        taken.append(step)
        to = numbers.get(chosen["to"])
        here = stored[to - 1] if to else None
    if here is not None:
        walked.append(_scene(here, numbers, taken, ""))
    return Walk(
        scenes=tuple(walked),
        all_scenes=tuple(_scene(scene, numbers, [], "") for scene in stored),
        path=".".join(taken),
        ended=bool(stored) and (here is None or not here["choices"]),
    )


def _scene(
    scene: Mapping[str, Any], numbers: Mapping[str, int], taken: Sequence[str], step: str
) -> Scene:
    return Scene(
        number=numbers[scene["id"]],
        text=said(scene["text"]),
        choices=tuple(
            Choice(
                path=".".join([*taken, choice["id"]]),
                text=said(choice["text"]),
                to=numbers.get(choice["to"], 0),
                taken=choice["id"] == step,
            )
            for choice in scene["choices"]
        ),
    )
