"""Who asks comes before what is asked: some routes told of mistakes in parameters and bodies before
they refused an unknown workspace."""
import re

import client


def test_unknown_workspace_comes_first(api):
    document = api.get("/openapi.json").json()
    operations = [(method, path) for path, item in document["paths"].items()
                  for method in item if path.startswith("/v1/private/")]
    assert len(operations) > 80
    for method, path in operations:
        path = re.sub(r"\{\w+\}", "nonsense", path)
        body = "{" if method in ("post", "put", "patch") else None
        response = api.request(method.upper(), path, bad=True, data=body,
                               params={"page": "x", "size": "-1", "filters": "{", "sorting": "["},
                               headers={"Comet-Workspace": "other",
                                        "Content-Type": "application/json"})
        assert client.is_message(response, 404, "Workspace not found"), (method, path)
