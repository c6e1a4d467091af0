"""The rules of shipping: channels and their rates; waybills, scans and shipments."""
