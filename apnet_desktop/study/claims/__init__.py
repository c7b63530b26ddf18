"""What must be shown, on patients nobody tuned on: `python -m apnet_desktop.study.claims`. See docs/study.md."""
