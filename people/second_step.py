"""The forms of the second step at sign-in (authenticator app, passkeys), in our words."""

from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django.utils.translation import gettext_lazy as _

from people.signing_in import PlainForm

NAME = _("A name for this passkey")


class CodeForm(PlainForm, base.AuthenticateForm):
    labels = {"code": _("Code from your app, or a recovery code")}


class ConfirmCodeForm(PlainForm, base.ReauthenticateForm):
    labels = {"code": _("Code from your app, or a recovery code")}


class AddAppForm(PlainForm, totp.ActivateTOTPForm):
    labels = {"code": _("The code that the app shows")}


class AddPasskeyForm(PlainForm, webauthn.AddWebAuthnForm):
    labels = {"name": NAME}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["passwordless"]
        field.label = _("Also sign me in with this passkey alone")
        field.help_text = _(
            "Your device then asks for your fingerprint, face or PIN, and no code is needed."
        )
        field.initial = True


class RenamePasskeyForm(PlainForm, webauthn.EditWebAuthnForm):
    labels = {"name": NAME}
