"""Addresses below `/studio/` that are about questions of every course: banks and essays."""

from django.urls import path

from courses.studio import bank_files, banks, essays, items

_bank = "banks/<slug:slug>/"
_question = f"{_bank}questions/<uuid:question>/"
urlpatterns = [
    path("banks/", banks.index, name="banks"),
    path(_bank, banks.bank, name="bank"),
    path(f"{_bank}import/", bank_files.upload, name="import-questions"),
    path(
        f"{_bank}import/<slug:format>/<slug:name>/",
        bank_files.preview,
        name="import-questions-preview",
    ),
    path(f"{_bank}export/", bank_files.export, name="export-questions"),
    path(f"{_bank}export/<slug:format>/", bank_files.download, name="download-bank"),
    path(f"{_bank}questions/new/", banks.new_question, name="new-bank-question"),
    path(_question, banks.question, name="bank-question"),
    path(f"{_question}delete/", banks.delete_question, name="delete-bank-question"),
    path("course/<slug:slug>/lessons/<uuid:lesson>/draws/", banks.draws, name="draws"),
    path("course/<slug:slug>/lessons/<uuid:lesson>/results/", items.items, name="items"),
    path("essays/", essays.essays, name="essays"),
    path("essays/<uuid:attempt>/", essays.essay, name="essay"),
    path("essays/<uuid:attempt>/take/", essays.take, name="take-essay"),
    path("essays/<uuid:attempt>/give-back/", essays.give_back, name="give-back-essay"),
]
