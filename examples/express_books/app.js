/** The application: one route for each operation of the document, behind the checks in the order that it gives. */

import express from 'express';
import { Cache } from './cache.js';
import { cors, originsByGroup } from './cors.js';
import { identify, readContent } from './edge.js';
import { countRequest, findCaller, presented } from './guards.js';
import { Limits, bucketsOf } from './limits.js';
import { Cursors } from './pages.js';
import { Problem, answerProblem } from './problems.js';
import { checkMediaType, readJson, readParameters } from './reading.js';
import { authRoutes } from './routes/auth.js';
import { bookRoutes } from './routes/books.js';
import { listRoutes } from './routes/lists.js';
import { systemRoutes } from './routes/system.js';
import { userRoutes } from './routes/users.js';
import { Schemas } from './schemas.js';
import { Store } from './store.js';
import { AccessTokens } from './tokens.js';

/** Build the service of a contract; `settings` are those of settings.js. */
export function createApp(contract, settings) {
  const cache = new Cache();
  const services = {
    contract,
    cache,
    store: new Store(settings.database, () => cache.clear()),
    limits: new Limits(),
    tokens: new AccessTokens(contract, settings.secret),
    cursors: new Cursors(settings.secret),
  };
  const schemas = new Schemas(contract);
  const handlers = Object.assign(
    {},
    ...[authRoutes, userRoutes, bookRoutes, listRoutes, systemRoutes].map((routes) => routes(services)),
  );

  const app = express();
  app.disable('x-powered-by');
  app.use(identify);
  app.use(cors(contract, originsByGroup(contract, settings.environment)));
  app.use(readContent(contract.sizes));
  for (const operation of contract.operations) {
    app[operation.method.toLowerCase()](
      operation.path,
      countRequest(operation, services),
      findCaller(operation, services),
      checkMediaType(operation),
      readParameters(operation, schemas),
      readJson(operation, schemas),
      handlers[operation.id],
    );
  }
  app.use(answerTheLost(services));
  app.use(answerProblem);
  app.locals.store = services.store;
  return app;
}

/** Answer for the router: a path that is not there, a method that it does not take, or OPTIONS. */
function answerTheLost({ contract, tokens, limits }) {
  return async (request, response) => {
    const { claims } = await presented(tokens, request);
    limits.spend(bucketsOf(contract.unrouted, request, claims?.userId), response);
    const methods = [...contract.onPath(response.locals.path).keys()];
    if (methods.length === 0) throw new Problem('not_found');
    const allow = [...methods, 'OPTIONS'].sort().join(', ');
    if (request.method !== 'OPTIONS') throw new Problem('method_not_allowed', { headers: { Allow: allow } });
    response.status(204).set('Allow', allow).end();
  };
}
