"""A whole course as a zip: all of it, nobody in it, the same bytes as long as nothing changes."""

import io
import json
import uuid
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from courses import banks, packing
from courses.models import Block, Course, CourseVersion, Draft
from courses.packing import Package, canonical
from courses.publishing import fingerprint, freeze, publish
from courses.studio import editing
from courses.studio.importing import bring_in
from lms import zips
from lms.zips import BadZip
from people.models import AuditEntry
from tests.factories import both, enrolled, finish, make_draft, make_person, single

pytestmark = pytest.mark.django_db


def exported(course):
    file = io.BytesIO()
    packing.write(course, file)
    return file


def forget(course):
    """As if the course had never been here. Versions cannot be deleted: they get out of the way."""
    Draft.objects.filter(course=course).delete()
    Course.objects.filter(pk=course.pk).update(
        uuid=uuid.uuid4(), slug=f"gone-{course.pk}", current=None
    )


@pytest.fixture
def lived(draft, trainer):
    """A course with a past: two versions, a changed draft, a learner who is done."""
    publish(draft, by=trainer, policy="update", note="Rosa Delgado asked for it.")
    learner = make_person(name="Aurelio Quispe", email="aurelio@example.org")
    finish(enrolled(learner, draft.course))
    for words in ("<p>Second.</p>", "<p>Third, unpublished.</p>"):
        block = Block.objects.filter(lesson__module__draft=draft).first()
        editing.save_block(
            block, by=trainer, base=editing.mark_of(block), values={"body": both(words)}
        )
        if "Second" in words:
            publish(draft, by=trainer, policy="correction")
    draft.course.refresh_from_db()
    return draft.course


def altered(file, change, *, sums=True):
    """The same zip with other contents: `change` gets {name: JSON value}."""
    with zipfile.ZipFile(file) as source:
        values = {name: json.loads(source.read(name)) for name in source.namelist()}
    change(values)
    head = values.pop("course.json")
    files = {name: canonical(value) for name, value in values.items()}
    if sums:
        head["files"] = {name: packing._sha256(data) for name, data in files.items()}
        for told in head["versions"]:
            told["sha256"] = fingerprint(values[f"versions/{told['number']:05}.json"])
    made = io.BytesIO()
    zips.write(made, [("course.json", canonical(head)), *sorted(files.items())])
    return made


def test_a_round_trip_to_a_site_without_it_is_the_same_to_the_byte(lived):
    file = exported(lived)
    draft, versions = freeze(lived.draft), list(lived.versions.values("number", "sha256"))
    slug = lived.slug
    forget(lived)

    report = bring_in(Package(file), by=None)

    course = Course.objects.get(slug=slug)
    assert (report.made, report.versions, report.drafted) == (True, 2, True)
    assert freeze(course.draft) == draft
    assert list(course.versions.values("number", "sha256")) == versions
    assert exported(course).getvalue() == file.getvalue()


def test_importing_what_is_here_changes_nothing(lived):
    file = exported(lived)
    before = (lived.draft.revision, AuditEntry.objects.count())

    report = bring_in(Package(file), by=None)

    assert not report.changed
    assert str(report) == "0 versions added, 2 here already, draft unchanged"
    lived.draft.refresh_from_db()
    assert (lived.draft.revision, AuditEntry.objects.count()) == before
    assert exported(lived).getvalue() == file.getvalue()


def test_nobody_is_in_the_file(lived, trainer):
    file = exported(lived)

    with zipfile.ZipFile(file) as read:
        words = " ".join(read.read(name).decode() for name in read.namelist())
    for person in (trainer, *lived.enrolments.all().values_list("person", flat=True)):
        found = person if hasattr(person, "email") else type(trainer).objects.get(pk=person)
        for part in (found.name, *found.name.split(), found.email):
            assert part not in words
    assert "Second." in words


def test_learners_see_nothing_of_an_import_before_somebody_publishes_it(lived, trainer):
    file, slug = exported(lived), lived.slug
    forget(lived)
    bring_in(Package(file), by=trainer)

    course = Course.objects.get(slug=slug)
    assert course.current is None
    version = publish(course.draft, by=trainer, policy="update")

    course.refresh_from_db()
    assert (version.number, course.current) == (3, version)


def test_a_draft_equal_to_the_last_version_is_published_as_that_version(draft, trainer):
    publish(draft, by=trainer, policy="update")
    file, slug = exported(draft.course), draft.course.slug
    forget(draft.course)
    bring_in(Package(file), by=trainer)

    publish(Draft.objects.get(course__slug=slug), by=trainer, policy="update")

    course = Course.objects.get(slug=slug)
    assert (course.current.number, course.versions.count()) == (1, 1)


def test_the_draft_here_is_replaced_and_its_open_editors_are_refused(lived, trainer):
    file = exported(lived)
    block = Block.objects.filter(lesson__module__draft__course=lived).first()
    editing.save_block(
        block, by=trainer, base=str(block.revision), values={"body": both("<p>Later.</p>")}
    )
    opened = Block.objects.get(pk=block.pk).revision

    report = bring_in(Package(file), by=trainer)

    assert (report.made, report.versions, report.known, report.drafted) == (False, 0, 2, True)
    assert Block.objects.get(pk=block.pk).body == both("<p>Third, unpublished.</p>")
    with pytest.raises(editing.Stale):
        editing.save_block(block, by=trainer, base=str(opened), values={"body": both("<p>x</p>")})
    entry = AuditEntry.objects.get(verb="course.imported")
    assert (entry.actor, entry.about) == (trainer, f"courses.course {lived.pk}")


def test_a_draft_that_changed_after_the_preview_is_not_replaced_unseen(lived, trainer):
    file = exported(lived)
    seen = lived.draft.revision
    editing.touch(lived.draft, trainer)
    block = Block.objects.filter(lesson__module__draft__course=lived).first()
    editing.save_block(block, by=trainer, base=str(block.revision), values={"body": both("<p>x")})

    with pytest.raises(ValidationError, match="The draft was changed"):
        bring_in(Package(file), by=trainer, expected=seen)


def test_another_history_is_refused_whole(lived):
    file = altered(
        exported(lived), lambda v: v["versions/00002.json"]["title"].update(en="Another")
    )
    draft = freeze(lived.draft)

    with pytest.raises(ValidationError, match="another version 2"):
        bring_in(Package(file), by=None)

    assert freeze(lived.draft) == draft


def test_the_address_of_another_course_is_not_taken(lived):
    file, slug = exported(lived), lived.slug
    forget(lived)
    make_draft(slug=slug)

    with pytest.raises(ValidationError, match="Another course here has the address"):
        bring_in(Package(file), by=None)
    report = bring_in(Package(file), by=None, slug="of-its-own")

    assert report.course.slug == "of-its-own"


def test_parts_of_another_course_are_not_taken_away(lived):
    file = altered(
        exported(lived),
        lambda values: [
            value.update(course="7b7b7b7b-0000-4000-8000-000000000000")
            for value in values.values()
            if "course" in value
        ],
    )

    with pytest.raises(ValidationError, match="belong to another course"):
        bring_in(Package(file), by=None, slug="robber")

    assert not Course.objects.filter(slug="robber").exists()


def test_html_is_cleaned_in_the_draft_and_in_the_history(lived):
    def poison(values):
        for value in (values["draft.json"], *(values[f"versions/0000{n}.json"] for n in (1, 2))):
            for module in value["modules"]:
                module["lessons"][0]["blocks"][0]["body"]["en"] = (
                    "<p onclick=x>Fine</p><script>no</script>"
                )
            value["about"] = {"es": "<img src=x onerror=alert(1)>Sí"}

    file, slug = altered(exported(lived), poison), lived.slug
    forget(lived)

    reports = [bring_in(Package(file), by=None) for _ in range(2)]

    assert [report.changed for report in reports] == [True, False]
    course = Course.objects.get(slug=slug)
    for document in (freeze(course.draft), *course.versions.values_list("document", flat=True)):
        assert document["about"] == {"es": "Sí"}
        assert document["modules"][0]["lessons"][0]["blocks"][0]["body"]["en"] == "<p>Fine</p>"
    for version in course.versions.all():
        assert fingerprint(version.document) == version.sha256


def test_practices_this_site_does_not_know_are_named(lived):
    file = altered(exported(lived), lambda v: v["draft.json"].update(practices=["unheard-of"]))

    report = bring_in(Package(file), by=None)

    assert report.left_out == ["unheard-of"]
    assert "unheard-of" in str(report)


def lesson_of(values):
    return values["draft.json"]["modules"][0]["lessons"][0]


def quiz_of(values):
    return values["draft.json"]["modules"][0]["lessons"][1]


BROKEN = {
    "another format": lambda v: v["draft.json"].update(format=99),
    "a head of another format": lambda v: v["course.json"].update(format=2),
    "a kind of lesson": lambda v: lesson_of(v).update(kind="hologram"),
    "a kind of block": lambda v: lesson_of(v)["blocks"][0].update(kind="hologram"),
    "a kind of question": lambda v: quiz_of(v)["questions"][0].update(kind="hologram"),
    "a title that is a list": lambda v: v["draft.json"].update(title=["x"]),
    "a language": lambda v: v["draft.json"].update(title={"xx": "x"}),
    "no uuid": lambda v: lesson_of(v).pop("uuid"),
    "a uuid twice": lambda v: lesson_of(v)["blocks"][0].update(uuid=lesson_of(v)["uuid"]),
    "an odd uuid": lambda v: lesson_of(v).update(uuid=lesson_of(v)["uuid"].upper()),
    "an address": lambda v: lesson_of(v).update(slug="../up"),
    "minutes below zero": lambda v: lesson_of(v).update(minutes=-1),
    "minutes in words": lambda v: lesson_of(v).update(minutes="ten"),
    "too many hours": lambda v: v["draft.json"].update(hours="1000"),
    "hours that are no number": lambda v: v["draft.json"].update(hours="NaN"),
    "a question without options": lambda v: quiz_of(v)["questions"][0].update(body={"prompt": 5}),
    "options of another shape": lambda v: quiz_of(v)["questions"][0]["body"].update(options=7),
    "a rule for nothing": lambda v: v["draft.json"]["rule"]["requirements"].append(
        {"item": "7b7b7b7b-0000-4000-8000-000000000000", "needs": "finished"}
    ),
    "a draw from no bank": lambda v: quiz_of(v)["settings"].update(draws=[{"bank": "x"}]),
    "draws of another shape": lambda v: quiz_of(v)["settings"].update(draws=5),
    "NUL": lambda v: lesson_of(v)["title"].update(en="a\0b"),
    "half a character": lambda v: lesson_of(v)["title"].update(en="\ud800"),
    "a huge number": lambda v: lesson_of(v)["settings"].update(attempts=10**30),
    "an endless text": lambda v: lesson_of(v)["title"].update(en="x" * 300_000),
    "a missing draft": lambda v: v.pop("draft.json"),
    "a missing version": lambda v: v.pop("versions/00001.json"),
    "a file nobody knows": lambda v: v.update({"extra.json": {}}),
    "a version of another course": lambda v: v["versions/00001.json"].update(
        course="7b7b7b7b-0000-4000-8000-000000000000"
    ),
    "versions with a gap": lambda v: v["course.json"]["versions"][0].update(number=7),
    "a policy": lambda v: v["course.json"]["versions"][0].update(policy="silent"),
    "a day": lambda v: v["course.json"]["versions"][0].update(due_on="2026-02-31"),
    "a moment without a zone": lambda v: v["course.json"]["versions"][0].update(
        published_at="2026-01-01T00:00:00"
    ),
    "a head that is a list": lambda v: v.update({"course.json": []}),
}


def read_whole(file):
    return list(Package(file).versions())


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_here_is_refused_whole(lived, name):
    file = exported(lived)
    before = freeze(lived.draft)
    with zipfile.ZipFile(file) as source:
        values = {entry: json.loads(source.read(entry)) for entry in source.namelist()}
    BROKEN[name](values)
    head = values.pop("course.json")
    files = {entry: json.dumps(value, sort_keys=True).encode() for entry, value in values.items()}
    if isinstance(head, dict):
        head["files"] = {entry: packing._sha256(data) for entry, data in files.items()}
    made = io.BytesIO()
    zips.write(made, [("course.json", canonical(head)), *sorted(files.items())])

    with pytest.raises(BadZip):
        read_whole(made)

    assert freeze(lived.draft) == before


def test_bytes_that_are_not_those_promised_are_refused(lived):
    file = altered(
        exported(lived), lambda v: v["draft.json"]["title"].update(en="Other"), sums=False
    )

    with pytest.raises(BadZip, match="damaged"):
        Package(file)


def test_json_that_goes_too_deep_is_refused(lived):
    nested = "[" * 100_000 + "]" * 100_000
    made = io.BytesIO()
    zips.write(made, [("course.json", nested.encode())])

    with pytest.raises(BadZip, match="cannot be read"):
        Package(made)


def test_banks_travel_with_the_course_that_draws_from_them(draft, trainer):
    quiz = draft.modules.get().lessons.get(kind="quiz")
    bank = banks.create(by=trainer, key=uuid.uuid4(), title="Numbers")
    for prompt in ("One?", "Two?", "Three?"):
        body = single(prompt)
        banks.add(bank, by=trainer, key=uuid.uuid4(), kind="single", body=body, tags=["easy"])
    quiz.settings["draws"] = [{"bank": str(bank.uuid), "tag": "easy", "count": 2}]
    quiz.save()
    publish(draft, by=trainer, policy="update")
    file, slug = exported(draft.course), draft.course.slug
    assert b"Rosa" not in file.getvalue()
    forget(draft.course)
    bank.delete()

    reports = [bring_in(Package(file), by=None) for _ in range(2)]

    assert [report.enclosed for report in reports] == [["3 questions in banks"], []]
    assert not reports[1].changed
    course = Course.objects.get(slug=slug)
    assert exported(course).getvalue() == file.getvalue()
    assert publish(course.draft, by=trainer, policy="update").number == 1


def test_a_bank_that_is_here_keeps_its_own_words(draft, trainer):
    quiz = draft.modules.get().lessons.get(kind="quiz")
    bank = banks.create(by=trainer, key=uuid.uuid4(), title="Numbers")
    row = banks.add(bank, by=trainer, key=uuid.uuid4(), kind="single", body=single("One?"))
    quiz.settings["draws"] = [{"bank": str(bank.uuid), "tag": "", "count": 1}]
    quiz.save()
    file = exported(draft.course)
    banks.save(row, by=trainer, base=editing.mark_of(row), body=single("Mine?"), points=1, tags=[])

    bring_in(Package(file), by=trainer)

    row.refresh_from_db()
    assert row.body["prompt"]["en"] == "Mine?"
    assert bank.questions.count() == 1


def test_what_another_room_encloses_travels_along(lived, monkeypatch):
    kept = {}

    def unpack(draft, files):
        kept.update({name: files[name] for name in files})
        return "1 thing"

    thing = packing.Enclosure("things", lambda course: [("a.txt", b"words")], unpack)
    monkeypatch.setattr(packing, "_enclosures", {**packing._enclosures, "things": thing})

    report = bring_in(Package(exported(lived)), by=None)

    assert kept == {"a.txt": b"words"}
    assert report.enclosed == ["1 thing"]


# --- The commands


def test_the_commands_say_what_they_did(lived, tmp_path, capsys):
    file, again = tmp_path / "a.zip", tmp_path / "b.zip"
    slug = lived.slug

    call_command("export_course", slug, str(file))
    told = capsys.readouterr().out
    assert "2 versions and the draft, 5 files" in told
    forget(lived)
    call_command("import_course", str(file))
    told = capsys.readouterr().out
    assert "2 versions added" in told
    assert "Learners see it when somebody publishes it" in told
    call_command("export_course", slug, str(again))

    assert file.read_bytes() == again.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "b.zip"}


def test_a_carer_may_publish_in_the_same_act(lived, tmp_path):
    file, slug = tmp_path / "a.zip", lived.slug
    call_command("export_course", slug, str(file))
    forget(lived)

    call_command("import_course", str(file), "--publish")

    assert Course.objects.get(slug=slug).current.number == 3


@pytest.mark.parametrize(
    ("command", "arguments", "reason"),
    [
        ("export_course", ["nothing-here", "x.zip"], "There is no course"),
        ("export_course", ["{slug}", "missing/folder/x.zip"], "cannot be written"),
        ("import_course", ["missing.zip"], "cannot be read"),
        ("import_course", ["{words}"], "not a zip"),
        ("import_course", ["{words}", "--slug", "not an address"], "cannot be an address"),
    ],
)
def test_the_commands_refuse_with_a_sentence(lived, tmp_path, command, arguments, reason):
    words = tmp_path / "words.zip"
    words.write_text("words")
    filled = [a.format(slug=lived.slug, words=words) for a in arguments]

    with pytest.raises(CommandError, match=reason):
        call_command(command, *filled)


def test_publishing_that_is_refused_takes_the_import_with_it(lived, tmp_path):
    """Nothing is left half done."""
    file = altered(exported(lived), lambda v: v["draft.json"].update(title={"es": "Sin inglés"}))
    path = tmp_path / "a.zip"
    path.write_bytes(file.getvalue())
    forget(lived)
    versions = CourseVersion.objects.count()

    with pytest.raises(CommandError, match="needs a title in English"):
        call_command("import_course", str(path), "--publish")

    assert CourseVersion.objects.count() == versions
    assert not Course.objects.filter(uuid=Package(file).course).exists()
