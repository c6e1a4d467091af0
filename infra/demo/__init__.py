"""`make demo`: the shop driven from outside as its users drive it, each step printed with what happened.

A run tells one story (`runs`), from the catalogue or the merchant to balanced books. It knows the shop by its public
address alone; users, stores, lockers and merchants are those of the seed.
"""
