"""The census: the same check many times, also on a busy machine and in another order. No verdict may change."""
