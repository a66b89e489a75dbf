"""A benchmark beside another one, and `repose score` called there."""

import pytest

from repose.cli import main
from tests.scoring.bench import make_bench, plain_name


@pytest.fixture(scope="module")
def bench(tmp_path_factory, request):
    home, config = tmp_path_factory.mktemp("benchmarks"), request.config.rootpath / "config"
    make_bench(home, config, "other", named=plain_name)
    return make_bench(home, config)


@pytest.fixture
def score(bench, monkeypatch, capsys):
    """Call the command where the benchmark lies; gives its status and all that it printed."""
    monkeypatch.chdir(bench.home)

    def call(folder, *words, benchmark="made", protocol="gauss1.5"):
        given = ["--generated", str(folder), "--benchmark", benchmark, "--protocol", protocol]
        status = main(["score", *given, *map(str, words)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call
