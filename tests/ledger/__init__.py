"""
The ledger: small services of five styles, and defects that were planted into them before the suite was tried on them.

Each folder is one service: `app.py` keeps every promise of `document.yaml`, and `defects.py` has patches of it that break
one promise each, with a probe that shows it. `overlay.yaml` and `bookplate.toml` are what a person would confirm.
`python -m tests.ledger` plays each defect alone and says which rule sees it; docs/ledger.md has the figures.
"""
