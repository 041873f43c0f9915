/** The document: whatever it says in numbers, patterns or names of members is read from it, and stands nowhere else. */

import { readFileSync } from 'node:fs';
import YAML from 'yaml';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
// An integer in its one spelling; its range is the parameter's affair.
const ID = '0|-?[1-9][0-9]*';

/** One limit: so many requests, or so many for each tier, in a window of so many seconds. */
class Policy {
  constructor(name, { limit, window, by, tier }) {
    this.name = name;
    this.limit = limit;
    this.window = window;
    this.by = by;
    this.hasTiers = tier !== undefined;
  }

  /** What a window admits; a caller without a tier gets the smallest. */
  quota(tier) {
    if (typeof this.limit === 'number') return this.limit;
    return this.limit[tier] ?? Math.min(...Object.values(this.limit));
  }
}

/** One operation; `headers` are those of each answer, with the one value that they may have, if it is one. */
class Operation {
  constructor(contract, path, method, raw) {
    const responses = Object.entries(raw.responses);
    this.id = raw.operationId;
    this.method = method.toUpperCase();
    this.path = new RegExp(`^${contract.basePath}${path.replace(/\{(\w+)\}/g, `(?<$1>${ID})`)}$`);
    this.isPublic = Array.isArray(raw.security) && raw.security.length === 0;
    this.isForAdmins = raw['x-access']?.allow.join() === 'admin';
    this.authRole = raw['x-auth-role'] ?? {};
    this.policies = contract.policiesOf(raw['x-rate-limit'] ?? contract.document['x-rate-limit'].default);
    this.parameters = (raw.parameters ?? []).map((each) => contract.resolve(each));
    this.content = Object.entries(raw.requestBody?.content ?? {}).map(([type, { schema }]) => ({ type, schema }));
    this.secondsInCache = raw['x-cache']?.store ?? 0;
    this.mayBypassCache = raw['x-cache']?.bypass !== undefined;
    this.groups = contract.groupsOf(raw);
    this.headers = new Map(responses.map(([status, each]) => [Number(status), contract.headersOf(each)]));
  }

  /** The names of its parameters in a place. */
  namesIn(place) {
    return this.parameters.filter((each) => each.in === place).map((each) => each.name);
  }

  /** The request fields that it reads. */
  get requestFields() {
    const fields = ['X-Request-Id', ...this.namesIn('header')];
    if (this.headers.has(401)) fields.push('Authorization');
    if (this.content.length > 0) fields.push('Content-Type');
    if (this.mayBypassCache) fields.push('Cache-Control');
    return fields;
  }
}

/** The whole document. */
export class Contract {
  constructor(file) {
    // The suite's copies of the document use more aliases than the library's default admits.
    this.document = YAML.parse(readFileSync(file, 'utf8'), { maxAliasCount: -1 });
    const limits = this.document['x-rate-limit'];
    this.basePath = this.document.servers[0].url;
    this.policies = new Map(Object.entries(limits.policies).map(([name, each]) => [name, new Policy(name, each)]));
    this.unrouted = this.policiesOf(limits.unrouted ?? limits.default);
    this.sizes = this.document['x-size-limits'];
    this.operations = Object.entries(this.document.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => method in item).map((method) => new Operation(this, path, method, item[method])),
    );
    this.rootGroups = this.document['x-cors'].origins;
    this.groups = new Set([...this.rootGroups, ...this.operations.flatMap((each) => each.groups)]);
  }

  /** The operation of an id. */
  operation(id) {
    return this.operations.find((each) => each.id === id);
  }

  /** The operations of a path by their methods, HEAD among them. */
  onPath(path) {
    const found = new Map(this.operations.filter((each) => each.path.test(path)).map((each) => [each.method, each]));
    if (found.has('GET')) found.set('HEAD', found.get('GET'));
    return found;
  }

  /** The policies of these names. */
  policiesOf(names) {
    return names.map((name) => this.policies.get(name));
  }

  /** The groups of origins that may call an operation: as it says itself, its tag or the root. */
  groupsOf(operation) {
    const tags = this.document.tags.filter((tag) => operation.tags.includes(tag.name));
    const nearest = [operation, ...tags, this.document].find((place) => 'x-cors' in place);
    return nearest['x-cors'].origins;
  }

  /** What a reference means. */
  resolve(node) {
    while ('$ref' in node) {
      const parts = node.$ref.replace('#/', '').split('/');
      node = parts.reduce((target, part) => target[part], this.document);
    }
    return node;
  }

  /** The headers of an answer, each with its only value, if the document allows it one. */
  headersOf(response) {
    const declared = Object.entries(this.resolve(response).headers ?? {});
    return new Map(declared.map(([name, header]) => [name, onlyValue(this.resolve(header).schema)]));
  }

  /** A schema by its name, or the schema of one of its members. */
  schema(name, member) {
    const found = this.document.components.schemas[name];
    return member === undefined ? found : this.resolve(found.properties[member]);
  }
}

function onlyValue(schema) {
  return schema.enum?.length === 1 ? schema.enum[0] : undefined;
}
