"""The front door: composes the rooms. Nothing else."""

from chalicelib import clockwork, house
from chalicelib.core import relay
from chalicelib.core.http import description
from chalicelib.core.http.application import Application

app = Application(app_name="caravan", configure_logs=False)

for blueprint in (
    *house.routes(),
    *house.triggers(),
    description.routes.blueprint,
    clockwork.triggers.blueprint,
    relay.triggers.blueprint,
):
    app.register_blueprint(blueprint)
