ACCESS = {
    "healthz": "public",
    "readyz": "public",
    "set-theme": "public",
    "home": "public",
    "styleguide": "public",
    "staff-checks": "carer",
    "staff-check-now": "carer",
    "staff-outbox": "carer",
    "staff-outbox-retry": "carer",
}
