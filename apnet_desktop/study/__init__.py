"""The study on a cohort: pre-train, train, cross-validate, evaluate, statistics, figures, bundle. No Qt."""
