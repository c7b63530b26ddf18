"""The window: viewer, steps, commands. Qt; never torch, lightgbm, model or study."""
