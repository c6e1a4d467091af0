"""Staff: who is signed in at the back office, with which posts and for which store (ROL-01 to ROL-03, ROL-05).

Owns nothing in the table: users, posts and store scopes are users and groups of the staff pool (`core.auth.Post`), so a
change of post takes effect with the next token and there is no second list to keep in step.
"""
