"""The step *Risk and report*: the answer, what it rests on, what drove it, and the report."""
