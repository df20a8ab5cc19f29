from certificates.models.badge import Achievement, BadgeKey, StatusEntry
from certificates.models.certificate import Certificate, State, address_of
from certificates.models.design import CoSignatory, Design, DesignPicture, DesignUse
from certificates.models.gap import PrintGap
from certificates.models.hidden import Hidden
from certificates.models.revocation import Revocation
from certificates.models.series import SeriesAward
from certificates.models.suspension import Lifting, Suspension
from certificates.models.transcript import OutsideTraining, TranscriptShare

__all__ = [
    "Achievement",
    "BadgeKey",
    "Certificate",
    "CoSignatory",
    "Design",
    "DesignPicture",
    "DesignUse",
    "Hidden",
    "Lifting",
    "OutsideTraining",
    "PrintGap",
    "Revocation",
    "SeriesAward",
    "State",
    "StatusEntry",
    "Suspension",
    "TranscriptShare",
    "address_of",
]
