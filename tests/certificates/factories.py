from courses.models import Series, SeriesCourse
from tests.factories import both, make_course, numbers


def make_series(courses=3, needed=2, **fields) -> Series:
    """«needed of courses», with a published course for each."""
    n = next(numbers)
    fields = {"slug": f"series-{n}", "title": both(f"Series {n}"), "needed": needed} | fields
    series = Series.objects.create(**fields)
    for position in range(1, courses + 1):
        SeriesCourse.objects.create(series=series, course=make_course(), position=position)
    return series


def courses_of(series):
    return [member.course for member in series.members.select_related("course")]


def as_it_is(certificate, **changes):
    """What the form of a correction posts, with these changes."""
    said = certificate.snapshot
    title = {"title_en": said["title"]["en"], "title_es": said["title"].get("es", "")}
    day = {"completed_on": said["completed_on"], "hours": said["hours"]}
    return {"name": said["name"], **title, **day, "why": "It was wrong.", **changes}
