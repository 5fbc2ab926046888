import pytest

from agentalign.defects import report_defect


def test_a_defect_is_told_without_its_message(
    secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unexpected error says where it is; its message may quote what is masked."""
    try:
        raise ValueError(secret)
    except ValueError as exc:
        report_defect(type(exc), exc, exc.__traceback__)
    err = capsys.readouterr().err
    assert "internal error, ValueError" in err
    assert "test_defects.py" in err
    assert secret not in err
