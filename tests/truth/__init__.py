"""How the truth is checked: an oracle, random claims, attacks. Nothing here uses what symgate proves with."""
