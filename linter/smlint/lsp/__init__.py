"""The language server behind ``smlint lsp``: findings while typing, hover, code actions, the launch chain as symbols.

Needs the extra ``lsp`` (pygls). Nothing outside this package imports it.
"""
