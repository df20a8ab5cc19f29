"""A quiz in the shape in which Canvas exports one: QTI 1.2, words of our own."""

QUIZ = """<?xml version="1.0" encoding="UTF-8"?>
<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://www.imsglobal.org/xsd/ims_qtiasiv1p2 http://www.imsglobal.org/xsd/ims_qtiasiv1p2p1.xsd">
<assessment ident="gq" title="Clean hands"><qtimetadata><qtimetadatafield>
<fieldlabel>cc_maxattempts</fieldlabel><fieldentry>1</fieldentry></qtimetadatafield></qtimetadata>
<section ident="root_section">%s</section></assessment></questestinterop>"""
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="g1" xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"><resources>
<resource identifier="gq" type="imsqti_xmlv1p2"><file href="gq/gq.xml"/>
<dependency identifierref="gm"/></resource>
<resource identifier="gm" type="associatedcontent/imscc_xmlv1p1/learning-application-resource"
 href="gq/assessment_meta.xml"><file href="gq/assessment_meta.xml"/></resource>
</resources></manifest>"""
META = '<quiz xmlns="http://canvas.instructure.com/xsd/cccv1p0"><title>Clean hands</title></quiz>'
BARE = (
    '<response_str ident="response1" rcardinality="Single"><render_fib>{}</render_fib>'
    "</response_str>"
)
LABEL = '<response_label ident="answer1"{}/>'


def item(kind, asked, shown, scored, *, points="1.0", feedback=(), field="question_type"):
    feedbacks = "".join(
        f'<itemfeedback ident="{ident}"><flow_mat><material><mattext texttype="text/html">'
        f"&lt;p&gt;{words}&lt;/p&gt;</mattext></material></flow_mat></itemfeedback>"
        for ident, words in feedback
    )
    return f"""<item ident="g{kind}" title="Question"><itemmetadata><qtimetadata>
<qtimetadatafield><fieldlabel>{field}</fieldlabel><fieldentry>{kind}</fieldentry></qtimetadatafield>
<qtimetadatafield><fieldlabel>points_possible</fieldlabel><fieldentry>{points}</fieldentry>
</qtimetadatafield></qtimetadata></itemmetadata>
<presentation><material>
<mattext texttype="text/html">&lt;div&gt;&lt;p&gt;{asked}&lt;/p&gt;&lt;/div&gt;
</mattext></material>{shown}</presentation>
<resprocessing><outcomes>
<decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>
<respcondition continue="Yes"><conditionvar><other/></conditionvar>
<displayfeedback feedbacktype="Response" linkrefid="general_fb"/></respcondition>
{scored}</resprocessing>
{feedbacks}</item>"""


def choices(texts, *, cardinality="Single", ident="response1", line=""):
    labels = "".join(
        f'<response_label ident="{key}"><material><mattext texttype="text/plain">{text}</mattext>'
        "</material></response_label>"
        for key, text in texts.items()
    )
    line = f'<material><mattext texttype="text/plain">{line}</mattext></material>' if line else ""
    return (
        f'<response_lid ident="{ident}" rcardinality="{cardinality}">{line}'
        f"<render_choice>{labels}</render_choice></response_lid>"
    )


def equal(text, ident="response1"):
    return f'<varequal respident="{ident}">{text}</varequal>'


def gives(condition, points="100", action="Set"):
    return (
        f'<respcondition continue="No"><conditionvar>{condition}</conditionvar>'
        f'<setvar action="{action}" varname="SCORE">{points}</setvar></respcondition>'
    )


ITEMS = [
    item(
        "multiple_choice_question",
        "What cleans &lt;strong&gt;hands&lt;/strong&gt;?",
        choices({"7019": "Soap", "7020": "Sand &amp; dust", "7021": "&lt;b&gt;Air"}),
        gives(equal("7019")),
        points="2.0",
        feedback=[("7019_fb", "Well done."), ("general_fb", "Ask a nurse.")],
    ),
    item(
        "multiple_answers_question",
        "Which two?",
        choices({"1": "Wet", "2": "Wait", "3": "Scrub"}, cardinality="Multiple"),
        gives(f"<and>{equal('1')}<not>{equal('2')}</not>{equal('3')}</and>"),
    ),
    item(
        "true_false_question",
        "Soap helps.",
        choices({"31": "True", "32": "False"}),
        gives(equal("31")),
        feedback=[("correct_fb", "So it is."), ("general_incorrect_fb", "It does.")],
    ),
    item(
        "short_answer_question",
        "What comes first?",
        BARE.format(LABEL.format(' rshuffle="No"')),
        gives(equal("water") + equal("a * of water")),
    ),
    item("essay_question", "Tell us more.", BARE.format(LABEL.format(' rshuffle="No"')), ""),
    item(
        "matching_question",
        "What goes with what?",
        choices({"8": "Numbers", "9": "Words", "10": "Money"}, ident="response_41", line="Data")
        + choices({"8": "Numbers", "9": "Words", "10": "Money"}, ident="response_42", line="Story"),
        gives(equal("8", "response_41"), "50.00", "Add")
        + gives(equal("9", "response_42"), "50.00", "Add"),
    ),
    item(
        "numerical_question",
        "For how many seconds?",
        '<response_str ident="response1" rcardinality="Single"><render_fib fibtype="Decimal">'
        '<response_label ident="answer1"/></render_fib></response_str>',
        gives(
            f"<or>{equal('20.0')}<and>"
            '<vargte respident="response1">19.5</vargte><varlte respident="response1">20.5</varlte>'
            "</and></or>"
        ),
    ),
    item(
        "fill_in_multiple_blanks_question",
        "Wash for [much] seconds [each] time.",
        choices({"51": "20", "52": "twenty"}, ident="response_much", line="much"),
        gives(equal("51", "response_much"), "100.00", "Add")
        + gives(equal("52", "response_much"), "100.00", "Add"),
    ),
    item(
        "cc.multiple_response.v0p1",
        "Which?",
        choices({"a": "One", "b": "Two"}, cardinality="Multiple"),
        gives(f"{equal('a')}"),
        field="cc_profile",
    ),
]
