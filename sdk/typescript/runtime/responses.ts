// Responses: each object that was read is remembered with the answer that it came with, and with its ETag.

const responses = new WeakMap<object, Response>();

export function remember(content: unknown, response: Response): void {
  if (typeof content === 'object' && content !== null) responses.set(content, response);
}

/** Returns the answer that an object came with; undefined for a part of it, and for a copy. */
export function lastResponse(content: object): Response | undefined {
  return responses.get(content);
}

/** Returns a field that an object came with, or the text that was given in its place. */
export function fieldOf(given: string | object | undefined, name: string, operation: string): string | undefined {
  if (typeof given !== 'object') return given;
  const value = lastResponse(given)?.headers.get(name);
  if (value) return value;
  throw new TypeError(
    `${operation}: this object came without ${name}, as a part of a list does, or a copy: read it by itself first`,
  );
}

/** Returns a member of an object, or what was given in its place. */
export function memberOf(given: unknown, name: string): unknown {
  return typeof given === 'object' && given !== null ? (given as Record<string, unknown>)[name] : given;
}

/** Returns the object that was given instead of its id, and that carries what an option would say. */
export function carried(given: unknown, operation: string, option: string): object {
  if (typeof given === 'object' && given !== null) return given;
  throw new TypeError(`${operation}: give the object that was read instead of its id, or ${option}`);
}
