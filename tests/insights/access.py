ACCESS = {
    "insights:packs": "credit",
    "insights:fetch": "credit",
}
