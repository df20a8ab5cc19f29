ACCESS = {
    "healthz": "public",
    "readyz": "public",
    "set-theme": "public",
    "home": "public",
    "styleguide": "public",
}
