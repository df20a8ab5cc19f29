"""How allauth meets our people: names at sign-up, languages, and letters through the outbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, translate_url
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from people import letters
from people.access import has_second_step
from people.forms import check_name
from people.models import User
from people.sealing import seal, unseal

# allauth's letter: ours. Whatever is not here is a notice that something was changed.
LETTERS = {
    "account/email/login_code": "sign_in_code",
    "account/email/email_confirmation_signup": "welcome_code",
    "account/email/email_confirmation": "confirm_address",
    "account/email/password_reset_code": "password_code",
    "account/email/unknown_account": "no_account",
    "account/email/account_already_exists": "already_have_account",
}

# How somebody shows once more who they are, by allauth's names.
BY_PASSWORD, CODE, PASSKEY = "reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate:webauthn"
WAYS = {
    BY_PASSWORD: _("Your password"),
    CODE: _("A code from your app, or a recovery code"),
    PASSKEY: _("A passkey"),
}


class SignupDetails(forms.Form):
    """What sign-up asks beside the address."""

    name = forms.CharField(
        label=_("Your name"),
        help_text=_("We print it on your certificates. You can change that later."),
        max_length=200,
        validators=[check_name],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    field_order = ["name", "email"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth asks for this; `AccountAdapter.save_user` has done it already."""


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed."),
        "cannot_remove_primary_email": _(
            "This is your main address. Make another one your main address first."
        ),
        "duplicate_email": _("You have added this address already."),
        "email_password_mismatch": _("The e-mail address and the password do not match."),
        "email_taken": _("Another account uses this address."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_code": _("This code is not right. Check it and try again."),
        "incorrect_password": _("This password is not right."),
        "invalid_login": _("Enter your e-mail address."),
        "max_email_addresses": _("You can have at most %d addresses."),
        "same_as_current": _("This is the address you have now."),
        "too_many_login_attempts": _("That was too many tries. Wait a few minutes, please."),
        "unverified_primary_email": _("Confirm this address first."),
        "rate_limited": _("Not so fast, please. Wait a minute and try again."),
    }

    def save_user(
        self, request: HttpRequest, user: Any, form: forms.Form, commit: bool = True
    ) -> Any:
        user.name = form.cleaned_data["name"]
        user.language = page_language()
        return super().save_user(request, user, form, commit=commit)

    def post_login(self, request: HttpRequest, user: Any, **how: Any) -> HttpResponse:
        """Go on in the person's own language, whatever page they signed in from."""
        with translation.override(user.language):
            response = super().post_login(request, user, **how)
        if "Location" in response:
            response["Location"] = translate_url(response["Location"], user.language)
        return response

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a second step shows that one: a password alone would undo it. What a person has
        at hand comes first; recovery codes are for when it is lost."""
        ways = super().get_reauthentication_methods(user)
        for way in ways:
            way["description"] = WAYS[way["id"]]
        if not ways or not has_second_step(user):
            return ways
        app = Authenticator.Type.TOTP
        first = CODE if Authenticator.objects.filter(user=user, type=app).exists() else PASSKEY
        steps = [way for way in ways if way["id"] != BY_PASSWORD]
        return sorted(steps, key=lambda way: way["id"] != first)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        reader = context.get("user") or _person_at(email)
        language = reader.language if reader else page_language()
        letter = LETTERS.get(template_prefix)
        with translation.override(language):
            words = {
                "email": email,
                "sign_in_url": settings.SITE_URL + reverse("account_login"),
                "sign_up_url": settings.SITE_URL + reverse("account_signup"),
                "security_url": settings.SITE_URL + reverse("mfa_index"),
            }
            if letter is None:
                words["change"] = template_prefix.rpartition("/")[2]
                words["other"] = context.get("deleted_email") or context.get("to_email") or ""
                words["when"] = date_format(
                    timezone.localtime(None, reader.zone if reader else None), "DATETIME_FORMAT"
                )
        minutes = None
        if code := context.get("code"):
            words["code"] = code
            minutes = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60
            words["minutes"] = str(minutes)
        letters.promise(
            letter or "account_changed",
            to=email,
            language=language,
            context=words,
            good_for=timedelta(minutes=minutes) if minutes else None,
        )


class SecondStepAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right. Check it and try again."),
        "unverified_email": _("Confirm your e-mail address first, then come back."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        secret = unseal(encrypted_text)
        if secret is None:
            # An empty secret would have codes that anybody can work out: refuse instead.
            raise self.validation_error("incorrect_code")
        return secret

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        taken = user.authenticator_set.filter(type=type).count()
        name = gettext("My passkey")
        return name if taken == 0 else f"{name} {taken + 1}"

    def _get_site_name(self) -> str:
        return "Groundwork"


def account_for(
    email: str, *, name: str, language: str | None = None, job_role: str = ""
) -> tuple[User, bool]:
    """The person at this address, or a new one who has never signed in; True if made now.

    For registering with a name and an address. Says nothing to the browser: whoever has the
    address signs in with a code that is sent there. Any confirmed address of a person counts, not
    the main one alone. Safe under a race for the same address.
    """
    email = email.strip().lower()
    if person := _person_at(email):
        return person, False
    details = {"language": language or page_language(), "job_role": job_role}
    try:
        with transaction.atomic():
            return User.objects.create_user(email, name=name.strip(), **details), True
    except (IntegrityError, ValidationError):
        if person := _person_at(email):  # another request was faster
            return person, False
        raise


def tell_role(person: User, job_role: str) -> None:
    """What somebody does, as they say themselves on a form. Safe to repeat."""
    if person.job_role != job_role:
        person.job_role = job_role
        person.save(update_fields=["job_role"])


def page_language() -> str:
    return (get_language() or "en")[:2]


def _person_at(email: str) -> User | None:
    """Whose address this is: their login, or another one they have confirmed."""
    return (
        User.objects.filter(email=email).first()
        or User.objects.filter(emailaddress__email=email, emailaddress__verified=True).first()
    )
