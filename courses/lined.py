"""YAML whose mappings know their line, so that an error can say where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class ContentError(ValueError):
    """A content file cannot be used; the sentence names the file, the line and the reason."""

    def __init__(self, path: Path, line: int, sentence: str) -> None:
        super().__init__(f"{path}:{line}: {sentence}")


class Lined(dict[Any, Any]):
    """A mapping of the file; `line` is where it begins."""

    line = 1


class _Loader(yaml.SafeLoader):
    def construct_yaml_map(self, node: yaml.MappingNode) -> Any:
        data = Lined()
        data.line = node.start_mark.line + 1
        yield data
        data.update(self.construct_mapping(node))


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_yaml_map)


def read(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 -- a SafeLoader
    except OSError as error:
        raise ContentError(path, 1, f"it cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ContentError(path, 1, "it is not UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ContentError(path, line, getattr(error, "problem", None) or str(error)) from error


def read_mapping(path: Path, *needed: str) -> Lined:
    """The file as one mapping that has these keys."""
    data = read(path)
    if not isinstance(data, Lined):
        raise ContentError(path, 1, "it should begin with «name: value» lines")
    need(path, data, *needed)
    return data


def need(path: Path, entry: Any, *names: str) -> None:
    if not isinstance(entry, Lined):
        raise ContentError(path, 1, "a list of «name: value» entries was expected")
    for name in names:
        if name not in entry:
            raise ContentError(path, entry.line, f"«{name}» is missing")


def line_of(entry: Any) -> int:
    return entry.line if isinstance(entry, Lined) else 1
