/** What guards an account: argon2id, as OWASP sizes it. */

import { hash, verify } from '@node-rs/argon2';

const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
// Compared with where there is no account: both answers then take the same time.
const NOBODY = await hash('nobody has this password', OPTIONS);

/** Hash a password for keeping. */
export function hashPassword(password) {
  return hash(password, OPTIONS);
}

/** Tell whether a password is the hashed one; it is not, where there is no account. */
export async function isPassword(user, password) {
  const isRight = await verify(user?.password_hash ?? NOBODY, password);
  return isRight && user !== undefined;
}
