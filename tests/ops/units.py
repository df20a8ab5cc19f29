"""The systemd units as the tests read them: what they say is what the tests start."""

import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy" / "systemd"


def settings_of(unit: str) -> dict[str, list[str]]:
    """`{name: [value, …]}` of all sections; a name may stand several times."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / unit).read_text().splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def environment_of(unit: str) -> dict[str, str]:
    words = [word for line in settings_of(unit)["Environment"] for word in shlex.split(line)]
    return dict(word.split("=", 1) for word in words)


def command_of(unit: str) -> list[str]:
    [line] = settings_of(unit)["ExecStart"]
    return shlex.split(line)
