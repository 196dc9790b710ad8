"""Coefficients that turn evidence into scores.

ANSWERS and REFUSALS are fitted by tests/match/fit.py on dev.tsv: the project's own sentences, as written and with 10 %
and 20 % of the characters misheard. They order candidates; they do not prove the same hit rate on real calls.
UNITS are fitted on real citizens' messages with the agency that mostly answered them (tests/match/test_measured.py says
how to measure it); that agency is not always the responsible one, so these scores are rather too low than too high.
"""

from typing import Final

from match.model import Calibration

ANSWERS: Final = Calibration(base=-3.8, evidence=11.9, lead=7.6, threshold=0.6)
UNITS: Final = Calibration(base=-1.3, evidence=0.6, lead=1.2, threshold=0.5)
REFUSALS: Final = Calibration(base=-4.6, evidence=2.7, lead=2.6, threshold=0.6)
