"""Matching: what a citizen says -> knowledge answers, responsible units, refusal grounds, a first form. Pure."""

from match.content import Content, parse, parse_yaml
from match.extract import Draft, extract
from match.model import CallContext, Candidate, Evidence, PastMatter, Proposals, Spoken
from match.propose import MatchIndex, propose

__all__ = [
    "CallContext",
    "Candidate",
    "Content",
    "Draft",
    "Evidence",
    "MatchIndex",
    "PastMatter",
    "Proposals",
    "Spoken",
    "extract",
    "parse",
    "parse_yaml",
    "propose",
]
