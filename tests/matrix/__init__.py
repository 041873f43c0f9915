"""The kill matrix: what a whole check and plain schemathesis see of some faults, and the page of both and of all laws."""
