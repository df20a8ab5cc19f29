import pytest

from courses.plain_language import ease_of, sentences_of, syllables

ENGLISH = {
    "community": 4, "health": 1, "equity": 3, "able": 2, "idea": 3, "area": 3, "people": 2,
    "table": 2, "programs": 2, "department": 3, "evaluation": 5, "every": 2, "science": 2,
    "being": 2, "nation": 2, "social": 2, "region": 2, "various": 3, "people's": 2, "don't": 1,
    "services": 3, "needed": 2, "used": 1, "states": 1, "places": 2, "policies": 3, "question": 2,
    "quality": 3, "practice": 2, "housing": 2, "asked": 1, "disease": 2, "diabetes": 4,
    "medicine": 3, "radio": 3, "actual": 3, "sometimes": 2, "changes": 2, "THE": 1, "a": 1,
}  # fmt: skip
SPANISH = {
    "comunidad": 4, "salud": 2, "equidad": 3, "área": 3, "idea": 3, "día": 2, "aéreo": 4,
    "ciudad": 2, "evaluación": 4, "reunión": 2, "país": 2, "poeta": 3, "que": 1, "guerra": 2,
    "pingüino": 3, "queso": 2, "y": 1, "muy": 1, "leyes": 2, "oír": 2, "baúl": 2, "agua": 2,
    "estudiáis": 3, "buey": 1, "construir": 2, "programa": 3, "teoría": 4, "países": 3,
}  # fmt: skip


@pytest.mark.parametrize("word", ENGLISH)
def test_syllables_of_english_words(word):
    assert syllables(word, "en") == ENGLISH[word]


@pytest.mark.parametrize("word", SPANISH)
def test_syllables_of_spanish_words(word):
    assert syllables(word, "es") == SPANISH[word]


def test_what_is_a_sentence():
    html = (
        "<h2>A heading. No sentence.</h2><p>One. Two! Dr. Cruz asked, «Three?»</p>"
        "<ul><li>Four</li><li>Five</li></ul><table><tr><td>No.</td></tr></table>"
    )

    assert list(sentences_of(html)) == ["One", "Two", "Dr Cruz asked, «Three", "Four", "Five"]


def test_the_formulas():
    """«The cat sat.»: 3 words, 1 sentence, 3 syllables each; «El gato dormía»: 3, 1 and 6."""
    english = ease_of("<p>The cat sat.</p>" * 10, "en")
    spanish = ease_of("<p>El gato dormía.</p>" * 10, "es")

    assert english.score == max(0, 0.39 * 3 + 11.8 * 1 - 15.59)
    assert spanish.score == pytest.approx(206.835 - 62.3 * 2 - 3)
    assert (english.plain, spanish.plain) == (True, True)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            "Institutional accountability necessitates comprehensive documentation of "
            "intersectional vulnerabilities, notwithstanding organizational considerations "
            "regarding administrative implementation across jurisdictional responsibilities "
            "and multidisciplinary collaborations facilitating epidemiological investigations "
            "continuously.",
        ),
        (
            "es",
            "La institucionalización de responsabilidades interdisciplinarias requiere "
            "documentación epidemiológica extraordinariamente pormenorizada, independientemente "
            "de consideraciones organizacionales relacionadas con implementaciones "
            "administrativas, colaboraciones multidisciplinarias e investigaciones "
            "jurisdiccionales continuamente actualizadas por profesionales especializados.",
        ),
    ],
)
def test_hard_words_are_hard(language, words):
    assert not ease_of(f"<p>{words}</p>" * 2, language).plain


def test_a_short_text_is_not_judged():
    assert ease_of("<p>Intersectional institutionalization.</p>", "en") is None


def test_a_language_without_a_formula_is_not_judged():
    assert ease_of("<p>une deux trois</p>" * 20, "fr") is None
