"""Staff: who is signed in at the back office, with which posts and for which store (ROL-01 to ROL-03, ROL-05).

Owns the values of settings (every adjustable number of the house, see `core.settings`). Users, posts and store scopes
are users and groups of the staff pool (`core.auth.Post`), so a change of post takes effect with the next token and
there is no second list to keep in step.

Sends: `setting.changed`.
"""
