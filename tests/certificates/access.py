ACCESS = {
    "certificates:verify": "public",
    "certificates:certificate": "public",
    "certificates:pdf": "public",
    "certificates:json": "public",
    "certificates:transcript": "signed-in",
    "certificates:manage": "credit",
    "certificates:correct": "credit",
    "certificates:revoke": "credit",
    "certificates:suspend": "credit",
    "certificates:lift": "credit",
}
