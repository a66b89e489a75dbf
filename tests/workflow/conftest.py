import pytest

from tests.workflow.running import copy_of_the_project, snakemake


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A finished run of the test preset, for the tests of the group "graph"; leave it as it is."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("project"))
    done = snakemake(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
