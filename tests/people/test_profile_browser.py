import pytest
from playwright.sync_api import expect

from people import loading
from people.models import Membership
from tests.browser import check_accessibility, sign_in
from tests.factories import make_person

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_organisation_is_found_as_one_types_and_joined(visitor, site):
    loading.load()
    person = make_person(name="Ana Ruiz")
    sign_in(visitor.context, person, site)

    visitor.goto(f"{site}/me/profile/")
    visitor.get_by_role("link", name="Find your organization").click()
    visitor.get_by_label("Name or county").press_sequentially("chow", delay=20)
    expect(visitor.get_by_role("strong").first).to_have_text("Albemarle Regional Health Services")
    check_accessibility(visitor)
    visitor.get_by_label("Name or county").fill("wake")
    expect(visitor.get_by_role("listitem").filter(has_text="I work here").first).to_contain_text(
        "Wake County Human Services"
    )
    visitor.get_by_role("button", name="I work here Wake County Human Services").click()

    expect(visitor.get_by_role("status").first).to_contain_text("You now belong to Wake County")
    assert Membership.objects.get(person=person).organisation.slug == "wake"


def test_the_door_works_without_a_script(browser, site, mailoutbox):
    make_person(email="ana@example.org")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{site}/accounts/login/")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    page.get_by_label("E-mail address").first.fill("ana@example.org")
    page.get_by_role("button", name="E-mail me a code").click()
    code = next(line for line in mailoutbox[0].body.splitlines() if line.isdigit())
    page.get_by_label("The code from our e-mail").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()

    page.wait_for_url(f"{site}/me/")
    context.close()
