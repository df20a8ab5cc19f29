ACCESS = {
    "healthz": "public",
    "readyz": "public",
    "set-theme": "public",
    "home": "public",
    "styleguide": "public",
    "staff-outbox": "carer",
    "staff-outbox-retry": "carer",
}
