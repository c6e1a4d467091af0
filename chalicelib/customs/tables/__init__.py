"""The packaged tables: duty, low-value limits, sales taxes, prohibitions. Sample data unless a row says otherwise."""
