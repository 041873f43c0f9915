"""
A service that keeps the whole contract, written from `openapi/openapi.yaml` alone, and nothing of the reference.

It needs the standard library alone, and YAML to read the document. Each connection has a thread, everything is in
memory, and it has no cache. So what a law finds here is a false alarm, until the contract says otherwise.
"""
