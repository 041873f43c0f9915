/** The command: `node create-admin.js --email=... --username=... --password=...` opens an account for an admin. */

import { parseArgs } from 'node:util';
import { Contract } from './contract.js';
import { hashPassword } from './passwords.js';
import { Schemas } from './schemas.js';
import { readSettings } from './settings.js';
import { Store } from './store.js';

const options = { email: { type: 'string' }, username: { type: 'string' }, password: { type: 'string' } };
const { values } = parseArgs({ options });
const settings = readSettings(process.env);
const contract = new Contract(settings.document);
const faults = new Schemas(contract).judge(contract.schema('UserInput'))({ ...values });
if (faults.length > 0) {
  console.error(faults.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`).join('; '));
  process.exit(1);
}
const passwordHash = await hashPassword(values.password);
const store = new Store(settings.database);
store.write(() => store.users.create(values, passwordHash, 'admin'));
store.close();
