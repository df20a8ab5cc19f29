"""Certificates: processor milliseconds for the first one and for each further one."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from certificates import press

WARM = 100


def milliseconds(snapshot: Mapping[str, object]) -> tuple[float, float, float]:
    """(first, each further, certificates per second of wall time when warm)."""
    begun = _processor(None)
    press.print_certificate(snapshot)
    child = press._press.pid
    cold = _processor(child) - begun
    press.print_certificate(snapshot)

    begun, wall = _processor(child), time.perf_counter()
    for _ in range(WARM):
        press.print_certificate(snapshot)
    wall = time.perf_counter() - wall
    return cold * 1000, (_processor(child) - begun) / WARM * 1000, WARM / wall


def _processor(child: int | None) -> float:
    """Processor seconds of this process and of the child that prints."""
    own = time.process_time()
    if child is None:
        return own
    fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    return own + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
