"""The use cases of the catalogue: products, what they hang in, and imports."""

from .imports import Feeder, feed, import_of, reject, start_import, take, taken
from .products import (
    clean,
    command,
    components,
    create,
    edit,
    page_of,
    product,
    relist,
    require_complete,
    save,
    sellable,
    variant,
    variants,
)
from .taxonomy import (
    category_tree,
    put_brand,
    put_category,
    put_option,
)

__all__ = [
    "Feeder", "category_tree", "clean", "command", "components", "create", "edit", "feed", "import_of",
    "page_of", "product", "put_brand", "put_category", "put_option", "reject", "relist", "require_complete", "save",
    "sellable", "start_import", "take", "taken", "variant", "variants",
]  # fmt: skip
