"""What a learner does in any course: read, pass, evaluate, hold the certificate."""

from playwright.sync_api import expect

from certificates.models import Certificate

REFLECTED = "Our office closes before the plant does."


def learn(learner, course, *, begins="Start", fails_at=""):
    """Every lesson in its order, by the button or link that leads from each to the next."""
    modules = course.current.document["modules"]
    lessons = [lesson for module in modules for lesson in module["lessons"]]
    learner.follow(begins, exact=False)
    for number, lesson in enumerate(lessons, 1):
        learner.on(f"/courses/{course.slug}/learn/{lesson['slug']}/")
        expect(learner.page.locator("h1")).to_have_text(lesson["title"][learner.language])
        match lesson["kind"]:
            case "page":
                if number == 1:
                    learner.page.locator("textarea").fill(REFLECTED)
                learner.press("Mark as done and continue")
            case "live":
                expect(learner.page.locator("main .usa-alert--success")).to_be_visible()
                learner.page.locator("a[rel=next]").click()
            case "quiz":
                pass_quiz(learner, lesson, fails_first=lesson["slug"] == fails_at)
            case "evaluation":
                evaluate(learner, lesson)
    learner.on(f"/courses/{course.slug}/")
    learner.sees("You completed this course. Well done!")


def pass_quiz(learner, lesson, *, fails_first):
    learner.press("Start the quiz")
    if fails_first:
        answer(learner, lesson, right=False)
        learner.press("Send my answers")
        learner.sees_heading("%(percent)s%%: not quite there yet", percent=0)
        learner.press("Try again")
    answer(learner, lesson, right=True)
    learner.press("Send my answers")
    learner.sees_heading("You passed with %(percent)s%%", percent=100)
    learner.follow("Continue", exact=False)


def answer(learner, lesson, *, right):
    page = learner.page
    for question in lesson["questions"]:
        body, field = question["body"], f"q-{question['uuid']}"
        match question["kind"]:
            case "single" | "multiple":
                chosen = [o["id"] for o in body["options"] if bool(o.get("right")) is right]
                for option in chosen if question["kind"] == "multiple" else chosen[:1]:
                    page.locator(f'label[for="{field}-{option}"]').click()
            case "true_false":
                value = str(body["answer"] is right).lower()
                page.locator(f'label[for="{field}-{value}"]').click()
            case "numeric":
                page.locator(f'[id="{field}"]').fill(str(body["answer"]["value"] if right else -1))


def evaluate(learner, lesson):
    for question in lesson["questions"]:
        if question["kind"] == "scale":
            learner.page.locator(f'label[for="q-{question["uuid"]}-4"]').click()
    learner.press("Send my answers")


def hold_the_certificate(learner, name):
    """It is there at once, and its PDF is one; returns its number."""
    learner.follow("See your certificate")
    certificate = Certificate.objects.get()
    learner.on(f"/certificates/{certificate.code}/")
    expect(learner.page.get_by_role("heading", level=1)).to_have_text(name)
    link = learner.page.get_by_role("link", name=learner.words("Open the PDF"))
    response = learner.page.request.get(learner.site + link.get_attribute("href"))
    assert response.ok
    assert response.headers["content-type"] == "application/pdf"
    assert response.body().startswith(b"%PDF-")
    return learner.page.locator("#certificate-number").inner_text()
