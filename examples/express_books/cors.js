/** CORS by the document: the package `cors` knows one list of origins and methods for the whole application. */

const SAFELISTED = new Set([
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
]);

/** The origins of each group: those of CORS_ORIGINS_NAME, or else of CORS_ORIGINS. */
export function originsByGroup(contract, environment) {
  return new Map([...contract.groups].map((group) => {
    const name = `CORS_ORIGINS_${group.toUpperCase().replaceAll('-', '_')}`;
    const origins = (environment[name] ?? environment.CORS_ORIGINS ?? '').split(',');
    return [group, new Set(origins.filter((origin) => origin !== '' && origin !== 'null'))];
  }));
}

/** Answer preflights, and add to all other answers which origin may read what of them. */
export function cors(contract, origins) {
  const headersOfAll = contract.operations.flatMap(headersOf);
  const admits = (groups, origin) => groups.some((group) => origins.get(group).has(origin));

  /** Allow the methods of this path that the origin may call; say nothing where it may not call the one it asks for. */
  function answerPreflight(response, operations, origin, asked) {
    const allowed = [...operations].filter(([, operation]) => admits(operation.groups, origin));
    const methods = allowed.map(([method]) => method);
    if (methods.includes(asked)) {
      const fields = new Set(allowed.flatMap(([, operation]) => operation.requestFields));
      response.set('Access-Control-Allow-Origin', origin);
      response.set('Access-Control-Allow-Methods', methods.sort().join(', '));
      response.set('Access-Control-Allow-Headers', [...fields].sort().join(', '));
      response.set('Access-Control-Max-Age', '600');
    }
    response.status(204).end();
  }

  /** Let pages of an origin read an answer: of the operation, else of its path, else of anything. */
  function allowReading(response, operations, origin, method) {
    const operation = operations.get(method);
    const groups = operation?.groups ?? groupsOnPath(operations) ?? contract.rootGroups;
    if (!admits(groups, origin)) return;
    const headers = operation ? headersOf(operation) : ['Allow', ...headersOfAll];
    response.set('Access-Control-Allow-Origin', origin);
    response.set('Access-Control-Expose-Headers', readable(headers));
  }

  return (request, response, next) => {
    const operations = contract.onPath(response.locals.path);
    const origin = request.get('Origin') ?? '';
    const asked = request.get('Access-Control-Request-Method');
    response.vary('Origin');
    if (request.method === 'OPTIONS' && origin && asked) {
      answerPreflight(response, operations, origin, asked);
    } else {
      allowReading(response, operations, origin, request.method);
      next();
    }
  };
}

function groupsOnPath(operations) {
  return operations.size > 0 ? [...operations.values()].flatMap((operation) => operation.groups) : undefined;
}

function headersOf(operation) {
  return [...operation.headers.values()].flatMap((headers) => [...headers.keys()]);
}

/** What is to be said of headers that scripts shall read, without those that they may read anyway. */
function readable(names) {
  return [...new Set(names)].filter((name) => !SAFELISTED.has(name.toLowerCase())).sort().join(', ');
}
