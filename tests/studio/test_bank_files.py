import uuid
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from courses import banks, exchanging
from courses.models import Bank, BankQuestion
from tests.factories import make_person, single

pytestmark = pytest.mark.django_db
GOOD = b"One? {TRUE}\n\nTwo? {=a ~b}\n\nThree? {#4}\n"
MIXED = GOOD + b"\nA description.\n\nTwo? {=a ~b}\n\nHalf [html]<img src=x> {T}\n"


@pytest.fixture
def bank(trainer):
    return banks.create(by=trainer, key=uuid.uuid4(), title="Clean hands")


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def at(name, bank, *rest):
    return reverse(f"studio:{name}", args=[bank.slug, *rest])


def looked_at(studio, bank, data, format="gift"):
    """Upload a file; the address of what it would do."""
    sent = {"format": format, "file": SimpleUploadedFile("questions.txt", data)}
    answer = studio.post(at("import-questions", bank), sent)
    assert answer.status_code == 303
    return answer["Location"]


# --- the pages


def test_looking_shows_every_question_and_writes_nothing(studio, bank):
    to = looked_at(studio, bank, MIXED)

    html = studio.get(to).content.decode()

    assert not BankQuestion.objects.exists()
    assert "3 questions can be taken" in html
    assert "1 question is in the bank already" in html  # the second «Two?»
    assert "2 questions cannot be taken" in html
    assert "it asks nothing: it is a description." in html
    assert "One?" in html


def test_taking_is_all_or_nothing_unless_the_rest_may_be_left_out(studio, bank):
    to = looked_at(studio, bank, MIXED)

    refused = studio.post(to)
    assert refused.status_code == 422
    assert "Some questions cannot be taken." in refused.content.decode()
    assert not BankQuestion.objects.exists()
    for _ in range(2):
        assert studio.post(to, {"leave_out": "yes"}).status_code == 303
    assert sorted(bank.questions.values_list("kind", flat=True)) == [
        "numeric",
        "single",
        "true_false",
    ]


def test_the_same_file_again_adds_nothing(studio, bank):
    for _ in range(2):
        studio.post(looked_at(studio, bank, GOOD))

    assert bank.questions.count() == 3
    html = studio.get(looked_at(studio, bank, GOOD)).content.decode()
    assert "Nothing to take" in html


def test_a_broken_file_is_a_sentence_on_the_page(studio, bank):
    to = looked_at(studio, bank, b"<quiz><question>", "moodle-xml")

    html = studio.get(to).content.decode()

    assert "The XML is broken at line 1." in html
    assert studio.post(to).status_code == 422


def test_a_form_without_a_file_is_refused(studio, bank):
    answer = studio.post(at("import-questions", bank), {"format": "gift"})

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"file"}


def test_what_somebody_sent_is_theirs_alone(client, studio, bank):
    to = looked_at(studio, bank, GOOD)
    client.force_login(make_person(may_author=True))

    assert client.get(to).status_code == 404
    assert client.post(to).status_code == 404


@pytest.mark.parametrize("name", ["import-questions", "export-questions", "download-bank"])
def test_only_trainers_come_in(client, trainer, bank, name):
    to = at(name, bank, *(["gift"] if name == "download-bank" else []))
    assert client.get(to).status_code == 302
    client.force_login(make_person(may_host=True))
    assert client.get(to).status_code == 404
    client.force_login(trainer)
    assert client.get(to).status_code == 200


def test_an_export_says_what_it_cannot_hold_and_comes_back(studio, trainer, bank):
    scale = {"prompt": {"en": "How useful?"}, "steps": 5}
    body = {"prompt": {"en": "Which?"}, "options": single()["options"]}
    banks.add(bank, by=trainer, key=uuid.uuid4(), kind="scale", body=scale)
    banks.add(bank, by=trainer, key=uuid.uuid4(), kind="single", body=body, tags=["soap"])

    page = studio.get(at("export-questions", bank) + "?format=gift").content.decode()
    file = studio.get(at("download-bank", bank, "gift"))

    assert "How useful?" in page
    assert "GIFT has no such kind of question." in page
    assert file["Content-Disposition"] == 'attachment; filename="clean-hands.gift"'
    other = banks.create(by=trainer, key=uuid.uuid4(), title="Copy")
    found = exchanging.look(other, "gift", file.content)
    assert exchanging.take(other, found, by=trainer) == 1
    assert other.questions.get().body == body
    assert other.questions.get().tags == ["soap"]
    assert studio.get(at("download-bank", bank, "aiken")).status_code == 404


# --- the command


def run(*words):
    out = StringIO()
    call_command("import_questions", *map(str, words), stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    def written(data):
        path = tmp_path / "questions.gift"
        path.write_bytes(data)
        return path

    return written


def test_the_command_makes_the_bank_and_says_what_it_did(file):
    said = run("clean-hands", file(GOOD), "--format", "gift")

    assert "The bank «clean-hands» is new." in said
    assert "3 questions added to «clean-hands», 0 were there." in said
    again = run("clean-hands", file(GOOD), "--format", "gift")
    assert "0 questions added to «clean-hands», 3 were there." in again
    assert Bank.objects.get().questions.count() == 3


def test_a_dry_run_writes_nothing(file):
    said = run("clean-hands", file(MIXED), "--format", "gift", "--dry-run")

    assert "3 new, 1 in the bank already, 2 that cannot be taken. Nothing was written." in said
    assert "Question 4, «A description.», cannot be taken: it asks nothing" in said
    assert not Bank.objects.exists()


def test_the_command_takes_all_or_nothing(file):
    with pytest.raises(CommandError, match="2 that cannot be taken"):
        run("clean-hands", file(MIXED), "--format", "gift")
    assert not Bank.objects.exists()

    assert "2 left out" in run("clean-hands", file(MIXED), "--format", "gift", "--leave-out")
    assert BankQuestion.objects.count() == 3


def test_the_command_refuses_with_a_sentence(file, tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        run("clean-hands", tmp_path / "gone", "--format", "gift")
    with pytest.raises(CommandError, match="The XML is broken"):
        run("clean-hands", file(b"<x"), "--format", "moodle-xml")
    with pytest.raises(CommandError, match="no address"):
        run("clean hands", file(GOOD), "--format", "gift")
    assert not Bank.objects.exists()


def test_five_thousand_questions_are_taken_in_few_statements(
    bank, trainer, django_assert_max_num_queries
):
    data = b"\n\n".join(b"Question %d? {=a%d ~b ~c}" % (n, n) for n in range(5000))

    found = exchanging.look(bank, "gift", data)
    with django_assert_max_num_queries(40):
        assert exchanging.take(bank, found, by=trainer) == 5000
    assert len(exchanging.look(bank, "gift", data).known) == 5000
