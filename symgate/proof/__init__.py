"""Certificates: is a derived formula right, for every size, and how do we know?"""

from symgate.proof.certificate import PROVED, REFUTED, UNDECIDED, Certificate, Evidence, Witness
from symgate.proof.judge import ROUTES, verify
from symgate.proof.slips import SLIPS, Slip, slips

__all__ = [
    "PROVED",
    "REFUTED",
    "ROUTES",
    "SLIPS",
    "UNDECIDED",
    "Certificate",
    "Evidence",
    "Slip",
    "Witness",
    "slips",
    "verify",
]
