"""Letters about a person's account: codes, and notices that something was changed.

Each is a promise in the outbox, so a code that was asked for is never lost, and each is also sent
at once when that is possible: somebody sits in front of the page and waits for it.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from django.utils import timezone

from lms import mail, outbox
from people.sealing import seal, unseal

KIND = "account-letter"


def promise(
    letter: str,
    *,
    to: str,
    language: str,
    context: Mapping[str, object],
    good_for: timedelta | None = None,
) -> None:
    """Promise `templates/people/mail/<letter>.md`. Its words are sealed: a code is a key.

    After `good_for` it is not sent any more: a code that has run out only confuses.
    """
    key = f"{letter}:{uuid4().hex}"
    payload = {
        "letter": letter,
        "to": to,
        "language": language,
        "sealed": seal(json.dumps(dict(context))),
        "good_until": (timezone.now() + good_for).isoformat() if good_for else None,
        "key": key,
    }
    outbox.promise(KIND, key=key, payload=payload)
    outbox.hurry(KIND, key)


@outbox.handles(KIND)
def _send(payload: Mapping[str, object]) -> str:
    good_until = payload["good_until"]
    if good_until and datetime.fromisoformat(str(good_until)) < timezone.now():
        raise outbox.Stale("the code in it had run out")
    words = unseal(str(payload["sealed"]))
    if words is None:
        raise outbox.Stale("it was sealed under a key that is gone")
    return mail.send(
        to=str(payload["to"]),
        template=f"people/mail/{payload['letter']}.md",
        context=json.loads(words),
        language=str(payload["language"]),
        key=f"{KIND}:{payload['key']}",
    )
