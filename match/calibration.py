"""Coefficients that turn evidence into scores, fitted by tests/match/fit.py on the project's own development sentences."""

from typing import Final

from match.model import Calibration

ANSWERS: Final = Calibration(base=-4.0, evidence=8.0, lead=4.0, threshold=0.6)
UNITS: Final = Calibration(base=-1.8, evidence=1.8, lead=1.2, threshold=0.6)
REFUSALS: Final = Calibration(base=-2.5, evidence=3.0, lead=0.5, threshold=0.6)
