"""The example catalogue, made from small tables, and the operators' import of product files.

`python -m infra.seed` makes more than a thousand products with variants, texts in English and Simplified Chinese,
customs attributes, prices in six markets and stock at five locations, and takes them into the table; and it brings a
few merchants into the alliance, with places to book.
`python -m infra.seed FILE` takes in a file of somebody's own.

Both continue where they were interrupted and write nothing twice.
"""
