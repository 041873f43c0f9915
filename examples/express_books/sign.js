/**
 * For the suite alone: signs what it is told with the key of this service, so that claims can be tried one by one.
 *
 * Reads {"header": ..., "claims": ...} line by line, and prints a token for each.
 */

import { createHmac } from 'node:crypto';
import { createInterface } from 'node:readline';
import { readSettings } from './settings.js';
import { keyFor } from './tokens.js';

const key = keyFor('access tokens', readSettings(process.env).secret);
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

for await (const line of createInterface({ input: process.stdin })) {
  const { header, claims } = JSON.parse(line);
  const signed = `${encoded({ alg: 'HS256', ...header })}.${encoded(claims)}`;
  console.log(`${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`);
}
