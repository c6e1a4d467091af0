"""From a checkout to a running stack: `python -m infra.build up | down | reset | logs | package | deploy | secret`.

`package` makes one zip and one template; `deploy` brings both to AWS or, with another endpoint, to the local cloud.
"""
