-- `shipments_by_location` is the same index.
DROP INDEX shipments_by_handover;
