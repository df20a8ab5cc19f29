"""The carer's tables at /staff/admin/: people and their roles, organisations, memberships.

Everything else is changed where it belongs, through its own pages and stories. Nothing is deleted
here: records point at these rows.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from people import joining, loading, roles
from people.models import Membership, Organisation, ServedCounty, User


class StaffSite(admin.AdminSite):
    site_header = site_title = _("Groundwork tables")
    index_title = _("People and organizations")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return user.is_active and isinstance(user, User) and user.is_staff

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Sign in on the site's own page. Whoever is signed in and has no business here: 404."""
        if request.user.is_authenticated:
            raise Http404
        return redirect_to_login(request.GET.get("next") or request.get_full_path())


site = StaffSite()


class _Table(admin.ModelAdmin):
    """Every carer may look, add and change; the site's roles are marks, not model permissions."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PersonForm(forms.ModelForm):
    def clean_email(self) -> str:
        """The address is the login, in lower case like everywhere."""
        return str(self.cleaned_data["email"]).lower()


class UserAdmin(_Table):
    list_display = ["email", "name", *roles.ROLES]
    list_filter = roles.ROLES
    search_fields = ["email", "name"]
    ordering = ["email"]
    fields = ["email", "name", *roles.ROLES]
    form = PersonForm

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return ["email", "name"] if obj else []

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        wanted = {role: getattr(obj, role) for role in roles.ROLES}
        if not change:
            obj.set_unusable_password()
            for role in roles.ROLES:
                setattr(obj, role, role == "is_active")
            obj.save()
        roles.change_roles(obj, wanted, by=_carer(request))


class ServedCountyInline(admin.TabularInline):
    model = ServedCounty
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    has_add_permission = has_change_permission = has_view_permission


class OrganisationAdmin(_Table):
    list_display = ["name", "kind"]
    list_filter = ["kind"]
    search_fields = ["name", "search_text"]
    fields = ["name", "kind", "note"]
    inlines = [ServedCountyInline]

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: bool) -> None:
        if not obj.slug:
            obj.slug = _free_slug(obj.name)
        obj.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        loading.reindex(form.instance)


class MembershipForm(forms.ModelForm):
    class Meta:
        model = Membership
        fields = ["person", "organisation", "role"]

    def validate_constraints(self) -> None:
        """`joining.join` closes the present membership first, so there is nothing to refuse."""


class MembershipAdmin(_Table):
    """Make somebody a member or a training lead from today on; the former membership is closed.

    Dates and organisations of the past are records and stay as they are.
    """

    form = MembershipForm
    list_display = ["person", "organisation", "role", "starts_on", "ends_on"]
    list_filter = ["role"]
    search_fields = ["person__email", "person__name", "organisation__name"]
    raw_id_fields = ["person", "organisation"]
    ordering = ["-starts_on", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("person", "organisation")

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        made = joining.join(obj.person, obj.organisation, role=obj.role, by=_carer(request))
        obj.pk, obj.starts_on = made.pk, made.starts_on


def _carer(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 -- has_permission let them in
    return request.user


def _free_slug(name: str) -> str:
    base = slugify(name)[:70].strip("-") or "organization"
    slug, number = base, 2
    while Organisation.objects.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug


site.register(User, UserAdmin)
site.register(Organisation, OrganisationAdmin)
site.register(Membership, MembershipAdmin)
