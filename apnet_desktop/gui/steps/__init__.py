"""The four steps of an assessment, one module or folder each."""
