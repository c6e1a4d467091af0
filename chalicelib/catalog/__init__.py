"""Catalog: what the shop sells, how it is described, classified and priced (CAT-01 … CAT-16).

Owns
    products with their variants, media, texts per language, prices per market, handling and customs attributes;
    categories (a tree of at most three levels), brands, specification options; listings (the rows of product lists);
    imports of product files with their reports.

A bundle (CAT-04) is a variant that names its components: a price and a title of its own, no stock and no customs data.
It is sold and listed in a market while all of its components are. The product CSV of Shopify knows no bundles, so they
come from staff or our own JSON Lines; a CSV that names a SKU which is a bundle here is rejected at that product.

States of a product
    draft → active → archived, and back to active or draft. Only an active product is sold and listed.

What a product has taken over from others (the name of its brand, the titles of its options, what a bundle shows of its
components) follows them: `domain.copies`.

Sends
    product.published, product.changed, product.archived, product.stock_declared (opening stock named by an import),
    brand.renamed, option.renamed, renaming.paused (a new name has gone through some products, and there are more)

Listens to
    its own: follow-renaming takes a new name to its products, follow-product puts right what was saved meanwhile and
    the bundles that hold what has changed.
"""
