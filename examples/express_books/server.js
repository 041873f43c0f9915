/** The command: `node server.js --port 3000`. */

import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { createApp } from './app.js';
import { Contract } from './contract.js';
import { readSettings } from './settings.js';

const { values } = parseArgs({ options: { port: { type: 'string', default: process.env.PORT ?? '3000' } } });
const settings = readSettings(process.env);
const contract = new Contract(settings.document);
const app = createApp(contract, settings);
// Node refuses in its own words what is more than twice as large as the document admits; what is less large, we do.
const maxHeaderSize = 2 * (contract.sizes.target + contract.sizes.headers);
const server = createServer({ maxHeaderSize, keepAliveTimeout: 65_000 }, app);

server.listen(Number(values.port), settings.host, () => {
  console.log(`listening at http://${settings.host}:${server.address().port}${contract.basePath}`);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(() => app.locals.store.close());
  });
}
