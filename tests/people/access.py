ACCESS = {
    "people:profile": "signed-in",
    "people:organisation": "signed-in",
    "people:join": "signed-in",
    "people:leave": "signed-in",
    "people:about-you": "signed-in",
    "people:withdraw-answers": "signed-in",
    "people:second-step": "signed-in",
}
