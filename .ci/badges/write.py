"""Write what an independent verifier is shown: badges of every kind, and what our site answers.

    python .ci/badges/write.py material.json

On a site of its own in VAR_DIR, which must be empty. Its addresses are never asked: the file says
what they would answer.
"""

import copy
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "lms.settings"
os.environ |= {"GROUNDWORK_ENV": "demo", "SITE_URL": "https://learn.example.org"}
Path(os.environ["VAR_DIR"]).mkdir(parents=True, exist_ok=True)


def main(target: Path) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from certificates import issuing, withdrawing
    from certificates.badges import addresses, keys, making, multikey, status
    from certificates.models import Certificate
    from tests.factories import both, enrolled, finish, make_course, make_person

    administrator = make_person(may_credit=True)

    def issue(name: str, language: str = "en", title: str = "Data for equity") -> Certificate:
        person = make_person(name=name, language=language)
        finish(enrolled(person, make_course(title=both(title))))
        issuing.issue_due(django.utils.timezone.now())
        return Certificate.objects.with_state().get(holder=person)

    def badge(certificate: Certificate) -> dict:
        return json.loads(making.made(certificate, "json"))

    files = []

    def show(name: str, expected: str, credential: dict | None = None, token: str = "") -> None:
        files.append({"name": name, "expected": expected, "credential": credential, "token": token})

    good = issue("Ana Ruiz")
    by_old_key = badge(good)
    token_by_old_key = making.made(good, "jwt").decode()
    stolen_key = keys.make(Path(settings.VAR_DIR) / "stolen")
    settings.BADGE_KEY = multikey.secret_text(stolen_key)
    stolen = badge(issue("By a key that was stolen"))
    keys.withdraw(multikey.public_text(stolen_key.public_key()))
    settings.BADGE_KEY = multikey.secret_text(keys.make(Path(settings.VAR_DIR) / "next"))

    show("a badge", "accepted", badge(good))
    show("a badge in Spanish", "accepted", badge(issue("Luz Núñez", language="es")))
    hostile = '"><script>alert(1)</script> _:b0 \\ ]]> ñ 王 \u0645'
    show("hostile words", "accepted", badge(issue(hostile, title=hostile)))
    show("by the key before", "accepted", by_old_key)
    show("by a withdrawn key", "rejected", stolen)
    show("a token", "accepted", token=making.made(good, "jwt").decode())
    show("a token by the key before", "accepted", token=token_by_old_key)

    revoked, suspended, restored, replaced = (issue(name) for name in ("A", "B", "C", "D"))
    of_each = [badge(each) for each in (revoked, suspended, restored, replaced)]
    acting = {"by": administrator, "why": "A check."}
    withdrawing.revoke(revoked, reason="error", **acting)
    for each in (suspended, restored):
        withdrawing.suspend(each, reason="inquiry", **acting)
    withdrawing.lift(restored, **acting)
    issuing.reissue(replaced, name="D, corrected", **acting)
    names = ("a revoked one", "a suspended one", "a restored one", "a replaced one")
    verdicts = ("revocation", "suspension", "accepted", "revocation")
    for name, verdict, credential in zip(names, verdicts, of_each, strict=True):
        show(name, verdict, credential)

    for name, change in CHANGES.items():
        changed = copy.deepcopy(by_old_key)
        change(changed)
        show(f"changed: {name}", "rejected", changed)
    head, _payload, signature = token_by_old_key.split(".")
    other = making.made(revoked, "jwt").decode().split(".")[1]
    show("changed: a token", "rejected", token=f"{head}.{other}.{signature}")

    site = {addresses.did(): did_document()}
    now = django.utils.timezone.now()
    for purpose in status.PURPOSES:
        listed = status.signed_list(1, purpose, now)
        site[addresses.status_list(1, purpose)] = json.loads(listed or "null")
    target.write_text(json.dumps({"site": site, "files": files}))
    print(f"{len(files)} files for the verifier")


def did_document() -> dict:
    from django.test import Client

    client = Client(headers={"host": "learn.example.org"})
    return json.loads(client.get("/.well-known/did.json").content)


CHANGES = {
    "the name": lambda b: b["credentialSubject"]["identifier"][0].update(identityHash="Eve"),
    "the hours": lambda b: b["credentialSubject"]["result"][0].update(value="100"),
    "the title": lambda b: b["credentialSubject"]["achievement"].update(name="Medicine"),
    "the day": lambda b: b.update(validFrom="2020-01-01T00:00:00Z"),
    "a claim more": lambda b: b["credentialSubject"].update(licenseNumber="1"),
    "no status": lambda b: b.pop("credentialStatus"),
    "another place in the list": lambda b: b["credentialStatus"][0].update(statusListIndex="1"),
    "the issuer's name": lambda b: b["issuer"].update(name="Another department"),
    "the time of the proof": lambda b: b["proof"].update(created="2020-01-01T00:00:00Z"),
    "a term that nobody defined": lambda b: b.update(bonus="x"),
}

if __name__ == "__main__":
    main(Path(sys.argv[1]))
