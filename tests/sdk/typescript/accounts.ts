// Accounts at the reference, each opened through the generated client.

import assert from 'node:assert/strict';
import { Client, type Settings } from 'bookplate-client';

export const baseUrl = given('BASE_URL');
export const tokenSeconds = Number(given('ACCESS_TOKEN_SECONDS'));
export const password = 'correct horse battery';

let number = 0;

function given(name: string): string {
  return process.env[name] ?? assert.fail(`${name} is not set`);
}

/** Opens an account and returns the address that it signs in with. */
export async function open(): Promise<string> {
  number += 1;
  const name = `writer-${process.pid}-${number}`;
  const email = `${name}@example.com`;
  await new Client(baseUrl).auth.registerUser({ email, username: name, password });
  return email;
}

/** Returns a client that has signed in to an account of its own. */
export async function signedIn(settings: Settings = {}): Promise<Client> {
  const client = new Client(baseUrl, settings);
  await client.auth.logIn({ email: await open(), password });
  return client;
}

export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
