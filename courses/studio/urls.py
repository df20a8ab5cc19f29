from django.urls import include, path

from courses.studio import (
    classes,
    clock,
    courses,
    deleted,
    discussions,
    exchange,
    lesson,
    links,
    media,
    outline,
    picking,
    preview,
    publishing,
    question,
    regrading,
    translating,
)

app_name = "studio"
_course = "course/<slug:slug>/"
_module = f"{_course}modules/<uuid:module>/"
_lesson = f"{_course}lessons/<uuid:lesson>/"
_block = f"{_lesson}blocks/<uuid:block>/"
_question = f"{_lesson}questions/<uuid:question>/"
_version = f"{_course}versions/<int:number>/"
urlpatterns = [
    path("", courses.index, name="courses"),
    path("new/", courses.new_course, name="new-course"),
    path("import/", exchange.import_course, name="import"),
    path("import/<slug:name>/", exchange.import_preview, name="import-preview"),
    path("", include("courses.studio.question_urls")),
    path(_course, outline.course, name="course"),
    path(f"{_course}details/", courses.details, name="details"),
    path(f"{_course}removed/", deleted.removed, name="removed"),
    path(f"{_course}arrange/", outline.arrange, name="arrange"),
    path(f"{_course}modules/add/", outline.add_module, name="add-module"),
    path(_module, outline.module, name="module"),
    path(f"{_module}duplicate/", outline.duplicate_module, name="duplicate-module"),
    path(f"{_module}delete/", deleted.delete_module, name="delete-module"),
    path(f"{_module}lessons/add/", outline.add_lesson, name="add-lesson"),
    path(_lesson, lesson.lesson, name="lesson"),
    path(f"{_lesson}settings/", lesson.settings, name="lesson-settings"),
    path(f"{_lesson}more/", outline.lesson_acts, name="lesson-acts"),
    path(f"{_lesson}rename/", outline.rename_lesson, name="rename-lesson"),
    path(f"{_lesson}duplicate/", outline.duplicate_lesson, name="duplicate-lesson"),
    path(f"{_lesson}delete/", deleted.delete_lesson, name="delete-lesson"),
    path(f"{_lesson}arrange/", lesson.arrange, name="arrange-lesson"),
    path(f"{_lesson}blocks/add/", lesson.add_block, name="add-block"),
    path(_block, lesson.block, name="block"),
    path(f"{_block}delete/", lesson.delete_block, name="delete-block"),
    path(f"{_lesson}questions/new/", question.new_question, name="new-question"),
    path(_question, question.question, name="question"),
    path(f"{_question}regrade/", regrading.regrade, name="regrade"),
    path(f"{_question}delete/", question.delete_question, name="delete-question"),
    path(f"{_course}media/", media.index, name="media"),
    path(f"{_course}media/uploads/", media.begin_upload, name="begin-upload"),
    path(f"{_course}media/uploads/<uuid:upload>/", media.upload, name="upload"),
    path(f"{_course}media/<uuid:media>/", media.file, name="media-file"),
    path(f"{_course}media/<uuid:media>/remove/", media.remove, name="remove-media"),
    path(
        f"{_course}media/<uuid:media>/captions/<slug:language>/", media.subtitles, name="captions"
    ),
    path(f"{_course}pictures/", picking.pictures, name="pictures"),
    path(f"{_course}pictures/<uuid:media>/", picking.picture, name="picture"),
    path(f"{_course}preview/", preview.draft, name="preview"),
    path(f"{_course}preview/<slug:lesson>/", preview.draft_lesson, name="preview-lesson"),
    path(f"{_course}translate/<slug:language>/", translating.index, name="translate"),
    path(
        f"{_course}translate/<slug:language>/<uuid:item>/",
        translating.texts,
        name="translate-texts",
    ),
    path(f"{_course}publish/", publishing.publish, name="publish"),
    path(f"{_course}links/", links.links, name="links"),
    path(f"{_course}export/", exchange.export, name="export"),
    path(f"{_course}discussions/", discussions.discussions, name="discussions"),
    path(f"{_course}extra-time/", clock.extra_time, name="extra-time"),
    path(f"{_course}class/", classes.seen, name="class"),
    path(f"{_course}class.csv", classes.as_file, name="class-csv"),
    path(f"{_course}versions/", publishing.versions, name="versions"),
    path(_version, preview.version, name="version"),
    path(f"{_version}published/", publishing.published, name="published"),
    path(f"{_version}restore/", publishing.restore, name="restore"),
    path(f"{_version}lessons/<slug:lesson>/", preview.version_lesson, name="version-lesson"),
]
