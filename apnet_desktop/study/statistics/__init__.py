"""The measures of a prediction study, each checked against published numbers or an independent implementation."""
