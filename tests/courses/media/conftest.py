import io
import shutil
import subprocess

import pytest
from PIL import Image

from tests.factories import make_draft, make_person


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def trainer(db):
    return make_person(name="Rosa Delgado", may_author=True)


@pytest.fixture
def studio(client, trainer):
    client.force_login(trainer)
    return client


@pytest.fixture
def draft(db):
    return make_draft(lessons=["page"])


@pytest.fixture
def course(draft):
    return draft.course


def picture(width=900, height=500, ending="png", color=(30, 120, 90), **how):
    """The bytes of a picture."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), color).save(
        file, ending.upper().replace("JPG", "JPEG"), **how
    )
    return file.getvalue()


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """Two seconds with a picture and a tone, as a phone would make them."""
    if not shutil.which("ffmpeg"):
        pytest.skip("no ffmpeg on this machine")
    path = tmp_path_factory.mktemp("film") / "walk.mp4"
    command = [
        "ffmpeg", "-nostdin", "-loglevel", "error",
        "-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=2",
        "-f", "lavfi", "-i", "sine=frequency=330:duration=2",
        "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart",
        str(path),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return path.read_bytes()
