// JSON pointers (RFC 6901).

/** Returns what a pointer finds in a content, or undefined. */
export function lookUp(content: unknown, pointer: string): unknown {
  let found = content;
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[name] : undefined;
  }
  return found;
}

/** Returns the object that has a value at a pointer and nothing else. */
export function contentWith(pointer: string, value: unknown): unknown {
  return pointer.split('/').slice(1).reduceRight<unknown>(
    (content, token) => ({ [token.replaceAll('~1', '/').replaceAll('~0', '~')]: content }), value,
  );
}
