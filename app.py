"""The front door: composes the rooms. Nothing else."""

from chalicelib import house
from chalicelib.core import work
from chalicelib.core.http import description
from chalicelib.core.http.application import Application

work.found_by(house.work_lists)
doors = house.doors()
app = Application(app_name="caravan", configure_logs=False, later=doors, enter=house.routes_of)
app.register_blueprint(description.routes.blueprint)

if doors is None:
    from chalicelib import clockwork
    from chalicelib.core import relay

    for blueprint in (
        *house.routes(),
        *house.triggers(),
        clockwork.triggers.blueprint,
        relay.triggers.blueprint,
    ):
        app.register_blueprint(blueprint)
