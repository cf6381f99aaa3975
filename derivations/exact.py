"""Where gates and drive see the input alone, the expansion of the transport ends: it is exact, order by order."""

import symgate as sg

splits = [sg.split(sg.cell(name), "retention") for name in ("mingru", "minlstm", "rg_lru", "ssm", "lru", "qrnn")]
claims = [sg.expand(split, split.exact_from) for split in splits]

for certificate in sg.verify(claims):
    certificate.require()

for claim in claims:
    print(f"{claim.name}: {claim.remark}")
    print(sg.text(claim))
