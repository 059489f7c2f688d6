"""Shell text (RUN lines, entry scripts) read with tree-sitter: simple commands with spans, and who execs whom."""
