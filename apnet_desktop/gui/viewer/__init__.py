"""The CT viewer: three linked planes, and the tools that draw the pancreas ROI on them."""
