"""Judging: from a claim that was read to a finding: proved, refuted with a witness and the slip, or left open."""
