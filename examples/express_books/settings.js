/** What the environment says. */

import { fileURLToPath } from 'node:url';

const DOCUMENT = fileURLToPath(new URL('../../openapi/openapi.yaml', import.meta.url));

export function readSettings(environment) {
  const secret = environment.SECRET_KEY ?? '';
  if (secret.length < 32) throw new Error('SECRET_KEY must be set, to 32 characters or more');
  return {
    secret,
    environment,
    document: environment.OPENAPI_DOCUMENT ?? DOCUMENT,
    database: environment.DATABASE_FILE ?? 'books.db',
    host: environment.HOST ?? '127.0.0.1',
  };
}
