import pytest

from apnet_desktop.commands.output import Output
from apnet_desktop.commands.study_progress import StudyProgress
from apnet_desktop.language import Language


def test_a_log_file_gets_a_line_a_minute_with_the_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    told = StudyProgress(Output(as_json=False), clock=lambda: now[0])
    for done in range(101):
        now[0] = 12.0 * done
        told("study.stage_features", done / 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Extracting image features 0%"
    assert lines[1] == "Extracting image features · about 19 min left 5%"
    assert lines[-1] == "Extracting image features 100%"
    assert len(lines) == 21, "a line a minute, and the last"


def test_what_an_earlier_run_did_does_not_count_for_the_pace(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    told = StudyProgress(Output(as_json=False, language=Language.CHINESE), clock=lambda: now[0])
    told("study.stage_features", 0.5)
    now[0] = 3600.0
    told("study.stage_features", 0.6)
    assert capsys.readouterr().err.splitlines()[-1] == "提取图像特征 · 约剩 4.0 小时 60%"


def test_a_program_that_reads_json_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    StudyProgress(Output(as_json=True))("study.stage_features", 1.0)
    assert capsys.readouterr().err == ""
