"""APNet: inputs, network, engines, prediction, explanation, calibration, golden values. No Qt."""
