"""`make demo`: the shop's main job, driven from outside as its users drive it, each step printed with what happened."""
