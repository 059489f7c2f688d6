RULES = {"ACME001": "smlint_acme.maintainer_label:MaintainerLabel"}
