ACCESS = {
    "credit:index": "credit",
    "credit:course": "credit",
    "credit:withdraw": "credit",
    "credit:reports": "credit",
    "credit:nchec": "credit",
    "credit:train": "credit",
    "credit:mine": "signed-in",
    "credit:claim": "signed-in",
}
