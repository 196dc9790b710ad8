"""Coefficients that turn evidence into scores.

ANSWERS (by words and sounds) and ANSWERS_MEANT (with the embedding) are fitted by tests/match/fit.py on the development halves of
public questions, policies and replies and on dev.tsv, the project's own sentences, each set with the same say: what they are worth on the
other halves stands in docs/measurements.md. REFUSALS are fitted on dev.tsv alone, as written and with 10 % and 20 % of the
characters misheard: they order candidates, they do not prove the same hit rate on real calls.
UNITS are fitted on real citizens' messages with the agency that mostly answered them (tests/match/test_measured.py says
how to measure it); that agency is not always the responsible one, so these scores are rather too low than too high.
"""

from typing import Final

from match.model import Calibration

ANSWERS: Final = Calibration(base=-1.96, evidence=2.32, lead=12.7)
ANSWERS_MEANT: Final = Calibration(base=-2.70, evidence=2.01, lead=11.7)
UNITS: Final = Calibration(base=-1.3, evidence=0.6, lead=1.2)
REFUSALS: Final = Calibration(base=-4.6, evidence=2.7, lead=2.6)
