"""Catalog: what the shop sells, how it is described, classified and priced (CAT-01 … CAT-16).

Owns
    products with their variants, media, texts per language, prices per market, handling and customs attributes;
    categories (a tree of at most three levels), brands, specification options; listings (the rows of product lists);
    imports of product files with their reports.

A bundle (CAT-04) is a variant that names its components: a price and a title of its own, no stock and no customs data.
It is sold in a market while all of its components are. The product CSV of Shopify knows no bundles, so they come from
staff or our own JSON Lines; a CSV that names a SKU which is a bundle here is rejected at that product.

States of a product
    draft → active → archived, and back to active or draft. Only an active product is sold and listed.

Sends
    product.published, product.changed, product.archived, product.stock_declared (opening stock named by an import)

Listens to
    nothing: this room stands on the first floor.
"""
