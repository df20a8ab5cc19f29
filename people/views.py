"""A person's own pages: profile, organisation, what they tell about themselves, second step."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, translate_url
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lms.http import render_page, see_other
from people import confirming, joining, private
from people.access import SignedIn, has_second_step
from people.forms import AboutYouForm, ProfileForm
from people.models import Organisation, membership_of

SHOWN = 20  # organisations in one list of results
LONGEST = 100  # characters of a search: each word is a condition, and a database has its limits


@login_required
def profile(request: SignedIn) -> HttpResponse:
    form = ProfileForm(_posted(request), instance=request.user)
    if form.is_bound and form.is_valid():
        person = form.save()
        with translation.override(person.language):
            messages.success(request, _("Your profile is saved."))
        return see_other(translate_url(reverse("people:profile"), person.language))
    # A form that was refused has put its words on this person; the page shows them as stored.
    if form.errors:
        request.user.refresh_from_db()
    kinds = dict(
        Authenticator.objects.filter(user=request.user).values_list("type").annotate(Count("pk"))
    )
    context = {
        "form": form,
        "membership": membership_of(request.user, timezone.now()),
        "passkeys": kinds.get(Authenticator.Type.WEBAUTHN, 0),
        "app": kinds.get(Authenticator.Type.TOTP, 0),
    }
    return render(request, "people/profile.html", context, status=422 if form.errors else 200)


@login_required
def organisation(request: SignedIn) -> HttpResponse:
    """Find the place where one works: as one types, or by sending the form."""
    words = request.GET.get("q", "")[:LONGEST].strip()
    found: list[Organisation] = []
    if words:
        today = timezone.localdate()
        matches = Organisation.objects.present_on(today).matching(words).departments_first()
        found = list(matches.with_counties(today).planned()[: SHOWN + 1])
    context = {
        "words": words,
        "found": found[:SHOWN],
        "more": len(found) > SHOWN,
        "membership": membership_of(request.user, timezone.now()),
    }
    return render_page(request, "people/organisation.html", context, part="results")


@require_POST
@login_required
def join(request: SignedIn, slug: str) -> HttpResponse:
    present = Organisation.objects.present_on(timezone.localdate())
    chosen = get_object_or_404(present, slug=slug)
    joining.join(request.user, chosen)
    messages.success(request, _("You now belong to %(name)s.") % {"name": chosen.name})
    return see_other(reverse("people:profile"))


@require_POST
@login_required
def leave(request: SignedIn) -> HttpResponse:
    if joining.leave(request.user):
        messages.success(request, _("You no longer belong to an organization."))
    return see_other(reverse("people:profile"))


@login_required
def about_you(request: SignedIn) -> HttpResponse:
    answers = private.answers_of(request.user)
    form = AboutYouForm(_posted(request), answers=answers)
    if form.is_bound and form.is_valid():
        private.keep(request.user, form.answers)
        messages.success(request, _("Thank you. Your answers are saved."))
        return see_other(reverse("people:about-you"))
    context = {"form": form, "answered": bool(answers)}
    return render(request, "people/about_you.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def withdraw_answers(request: SignedIn) -> HttpResponse:
    if private.withdraw(request.user):
        messages.success(request, _("Your answers are deleted."))
    return see_other(reverse("people:about-you"))


@login_required
def second_step(request: SignedIn) -> HttpResponse:
    """Why some roles need it, and the two ways to set it up; then on with what waited for it."""
    if request.method == "POST":
        return confirming.go_on(request)
    done, waits = has_second_step(request.user), confirming.waiting(request)
    if done and not waits:
        return redirect("mfa_index")
    return render(request, "people/second_step.html", {"done": done, "waits": waits})


def _posted(request: SignedIn) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
