"""Practices and case studies: open to everybody."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from library.models import CaseStudy, Practice
from lms.http import render_page


def practices(request: HttpRequest) -> HttpResponse:
    return render(request, "library/practices.html", {"practices": Practice.objects.for_index()})


def practice(request: HttpRequest, slug: str) -> HttpResponse:
    practice = get_object_or_404(Practice.objects.for_page(), slug=slug)
    return render(request, "library/practice.html", {"practice": practice})


def case_studies(request: HttpRequest) -> HttpResponse:
    """All of them, or those of one practice: `?practice=<slug>`."""
    wanted = request.GET.get("practice", "")
    offered = list(Practice.objects.with_case_studies())
    chosen = next((practice for practice in offered if practice.slug == wanted), None)
    if wanted and chosen is None:
        raise Http404
    studies = CaseStudy.objects.for_index()
    context = {
        "studies": studies.filter(practices=chosen) if chosen else studies,
        "practices": offered,
        "chosen": chosen,
    }
    return render_page(request, "library/case_studies.html", context, part="studies")


def case_study(request: HttpRequest, slug: str) -> HttpResponse:
    study = get_object_or_404(CaseStudy.objects.for_index(), slug=slug)
    return render(request, "library/case_study.html", {"study": study})
