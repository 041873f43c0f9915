"""
The service itself.
"""
