from certificates.models.certificate import Certificate, State, address_of
from certificates.models.revocation import Revocation

__all__ = ["Certificate", "Revocation", "State", "address_of"]
