"""The probe: pure parts without an engine, and scenarios on a real one."""
