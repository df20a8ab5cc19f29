from certificates.models.certificate import Certificate, State, address_of
from certificates.models.revocation import Revocation
from certificates.models.series import SeriesAward
from certificates.models.suspension import Lifting, Suspension

__all__ = [
    "Certificate",
    "Lifting",
    "Revocation",
    "SeriesAward",
    "State",
    "Suspension",
    "address_of",
]
