"""The fixtures of all tests that need a running server."""
import pytest

pytest.register_assert_rewrite("annotated", "client", "load", "openapi", "sdk", "server", "turns",
                               "wire")

import client  # noqa: E402
from server import Server  # noqa: E402

__all__ = ["server", "api", "project", "start_server"]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that most tests share, with the default options."""
    with Server(tmp_path_factory.mktemp("shared") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def api(server):
    return client.Api(server.url)


@pytest.fixture
def project():
    """A name of a project that nothing has used yet."""
    return client.name()


@pytest.fixture
def start_server(tmp_path):
    """start_server(*options, data=, plain=, environment=) -> Server; stopped at the end."""
    servers = []

    def start(*options, data=None, plain=False, environment=None):
        running = Server(data or tmp_path / f"data{len(servers)}", *options, plain=plain,
                         environment=environment)
        servers.append(running)
        return running.start()

    yield start
    for running in servers:
        if running.process:
            running.stop()
