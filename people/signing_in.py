"""The forms of the account pages in our words, and the status that their answers carry."""

from allauth.account import forms as allauth
from allauth.account.internal.flows.manage_email import sync_user_email_address
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from lms.http import Request, View

ADDRESS, PASSWORD = _("E-mail address"), _("Password")
AGAIN = _("The same password again")
CODE = _("The code from our e-mail")


class PlainForm(forms.Form):
    """Labels that stay; a hint inside the box would vanish as soon as somebody types."""

    labels: dict[str, object] = {}
    mark_optional = False

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in self.labels:
                field.label = self.labels[name]  # type: ignore[assignment]
            if name == "code":
                digits = {"inputmode": "numeric", "class": "gw-code-input", "autocapitalize": "off"}
                field.widget.attrs |= digits


class PasswordForm(PlainForm, allauth.LoginForm):
    labels = {"login": ADDRESS, "password": PASSWORD}

    def _setup_password_field(self) -> None:
        """Keep it: allauth takes it away where sign-up asks for no password."""


class RequestCodeForm(PlainForm, allauth.RequestLoginCodeForm):
    labels = {"email": ADDRESS}

    def clean_email(self) -> str:
        email = super().clean_email()
        if self._user:
            # A person who was registered by name and address has no address row yet. With one,
            # this code confirms the address too; without, allauth would send a second code.
            sync_user_email_address(self._user)
        return email


class CodeForm(PlainForm, allauth.ConfirmLoginCodeForm):
    labels = {"code": CODE}


class SignUpForm(PlainForm, allauth.SignupForm):
    labels = {"email": ADDRESS}


class ConfirmAddressForm(PlainForm, allauth.ConfirmEmailVerificationCodeForm):
    labels = {"code": CODE}


class AddAddressForm(PlainForm, allauth.AddEmailForm):
    labels = {"email": _("New e-mail address")}


class SetPasswordForm(PlainForm, allauth.SetPasswordForm):
    labels = {"password1": _("New password"), "password2": AGAIN}


class ChangePasswordForm(PlainForm, allauth.ChangePasswordForm):
    labels = {
        "oldpassword": _("Your password now"),
        "password1": _("New password"),
        "password2": AGAIN,
    }


class ResetPasswordForm(PlainForm, allauth.ResetPasswordForm):
    labels = {"email": ADDRESS}


class ResetCodeForm(PlainForm, allauth.ConfirmPasswordResetCodeForm):
    labels = {"code": CODE}


class NewPasswordForm(PlainForm, allauth.ResetPasswordKeyForm):
    labels = {"password1": _("New password"), "password2": AGAIN}


class ConfirmPasswordForm(PlainForm, allauth.ReauthenticateForm):
    labels = {"password": PASSWORD}


def answers(get_response: View) -> View:
    """Middleware: allauth's pages answer 303 and 422 as ours do, so that a reload never posts
    again and a script can tell a refusal from a success."""

    def middleware(request: Request) -> HttpResponse:
        response = get_response(request)
        if request.method == "POST" and _is_account_page(request):
            if response.status_code == 302:
                response.status_code = 303
            elif response.status_code == 200 and _was_refused(response):
                response.status_code = 422
        return response

    return middleware


def _is_account_page(request: HttpRequest) -> bool:
    match = request.resolver_match
    return bool(match and match.url_name and match.url_name.startswith(("account_", "mfa_")))


def _was_refused(response: HttpResponse) -> bool:
    context = getattr(response, "context_data", None) or {}
    return any(
        isinstance(value, forms.BaseForm) and value.is_bound and not value.is_valid()
        for value in context.values()
    )
