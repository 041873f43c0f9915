"""Pages in a real browser: Chromium without a window, driven over its DevTools protocol, and axe-core to judge them."""
