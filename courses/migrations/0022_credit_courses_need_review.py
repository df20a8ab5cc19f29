from django.db import migrations
from django.utils import timezone


def credit_needs_review(apps, schema_editor):
    """Courses that earn credit today, as `courses.crediting.approve` marks new ones."""
    approvals = apps.get_model("courses", "CreditApproval").objects.filter(withdrawn_at=None)
    standing = approvals.exclude(valid_to__lt=timezone.localdate())
    courses = apps.get_model("courses", "Course").objects
    courses.filter(pk__in=standing.values("course")).update(review_needed=True)


class Migration(migrations.Migration):
    dependencies = [("courses", "0021_reviews_cannot_be_passed_by")]
    operations = [migrations.RunPython(credit_needs_review, migrations.RunPython.noop)]
