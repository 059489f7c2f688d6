"""Output: one module per format. Nothing else in smlint prints."""
