"""Lists of people as mail programs, tables and tired fingers write them."""

import pytest

from webinars.pasted import entries


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("rosa@x.org, ana@x.org", [("", "rosa@x.org"), ("", "ana@x.org")]),
        ("rosa@x.org\r\n\r\n ana@x.org ;", [("", "rosa@x.org"), ("", "ana@x.org")]),
        (
            'Marín, Rosa <rosa@x.org>; "Lee, Ana" <ana@x.org>',
            [("Rosa Marín", "rosa@x.org"), ("Ana Lee", "ana@x.org")],
        ),
        (
            "Marín, Rosa <rosa@x.org>, Lee, Ana <ana@x.org>, Omar Diaz <omar@x.org>",
            [("Rosa Marín", "rosa@x.org"), ("Ana Lee", "ana@x.org"), ("Omar Diaz", "omar@x.org")],
        ),
        ("Smith, Jane, RN, MPH <jane@x.org>", [("Jane Smith, RN, MPH", "jane@x.org")]),
        ("Smith, M.D., Jane <jane@x.org>", [("Jane Smith, M.D.", "jane@x.org")]),
        ('"Jane Smith, MD" <jane@x.org>', [("Jane Smith, MD", "jane@x.org")]),
        ("'Jane Smith' <jane@x.org>", [("Jane Smith", "jane@x.org")]),
        ("Rosa Marín\trosa@x.org\nrosa@x.org", [("Rosa Marín", "rosa@x.org"), ("", "rosa@x.org")]),
        ("rosa@x.org (Rosa Marín)", [("Rosa Marín", "rosa@x.org")]),
        ("<mailto:rosa@x.org>", [("", "rosa@x.org")]),
        ('"rosa@work" <rosa@x.org>', [("rosa@work", "rosa@x.org")]),
        ('"a;b, c" <a@x.org>', [("c a;b", "a@x.org")]),
        ('"never closed <a@x.org>\nb@x.org', [("never closed", "a@x.org"), ("", "b@x.org")]),
        ("nobody, ana@x.org", [("nobody", ""), ("", "ana@x.org")]),
        ("Lee, Ana <>", [("Lee, Ana <>", "")]),
        (' ;;,\n"" ', []),
    ],
)
def test_each_person_is_one_entry_with_the_name_in_speaking_order(text, people):
    assert [tuple(entry) for entry in entries(text)] == people
