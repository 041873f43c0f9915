"""How answers look on the wire: their content, tags, pages and cursors."""
