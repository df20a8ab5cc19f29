ACCESS = {
    "library:practices": "public",
    "library:practice": "public",
    "library:case-studies": "public",
    "library:case-study": "public",
}
