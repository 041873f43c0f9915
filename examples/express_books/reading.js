/** Reads a request as its operation describes it: media type, parameters, JSON syntax, then the content. */

import { MIMEType } from 'node:util';
import { visit } from 'jsonc-parser';
import { Problem, fault, pointerTo } from './problems.js';

const WHOLE = /^(?:0|-?[1-9][0-9]*)$/;
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Refuse content that is not what the operation takes, in UTF-8 and as it is. */
export function checkMediaType(operation) {
  const taken = operation.content.map((each) => each.type);
  return (request, response, next) => {
    const given = request.headersDistinct['content-type'] ?? [];
    const isSent = given.length > 0 || response.locals.content.length > 0;
    const isEncoded = request.get('Content-Encoding') !== undefined;
    if (taken.length > 0 && isSent && (given.length !== 1 || isEncoded || !isOneOf(taken, given[0]))) {
      const detail = `Send the content as ${taken.join(' or ')}, in UTF-8 and not encoded.`;
      throw new Problem('unsupported_media_type', { detail });
    }
    next();
  };
}

function isOneOf(types, field) {
  try {
    const { essence, params } = new MIMEType(field);
    return types.includes(essence) && /^utf-?8$/i.test(params.get('charset') ?? 'utf-8');
  } catch {
    return false;
  }
}

/** Read the parameters into `response.locals.parameters`; whatever is wrong with them is one problem. */
export function readParameters(operation, schemas) {
  const declared = operation.parameters.map((each) => ({ ...each, judge: schemas.judge(each.schema) }));
  // Its syntax is judged with the precondition.
  const read = declared.filter((each) => each.name !== 'If-Match');
  const types = new Map(declared.map((each) => [each.name, schemas.typeOf(each.schema)]));
  const known = operation.namesIn('query');

  return (request, response, next) => {
    const query = parseQuery(response.locals.query);
    const sources = {
      path: (name) => request.params[name],
      query: (name) => query.find(([each]) => each === name)?.[1],
      header: (name) => request.get(name),
    };
    const faults = faultsOfNames(query.map(([name]) => name), known);
    const parameters = {};
    for (const { name, in: place, required, schema, judge } of read) {
      const text = sources[place](name);
      if (text !== undefined) {
        parameters[name] = asType(types.get(name), text);
        faults.push(...judge(parameters[name], pointerTo(place, name)));
      } else if (required) {
        faults.push(fault(pointerTo(place, name), 'required', 'This parameter is required.'));
      } else {
        parameters[name] = schema.default;
      }
    }
    if (faults.length > 0) throw new Problem('invalid_parameter', { faults });
    response.locals.parameters = parameters;
    response.locals.queryPairs = query;
    next();
  };
}

function parseQuery(text) {
  try {
    const pairs = text.split('&').filter((pair) => pair !== '').map((pair) => pair.replaceAll('+', ' '));
    return pairs.map((pair) => {
      const [name, ...value] = pair.split('=');
      return [decodeURIComponent(name), decodeURIComponent(value.join('='))];
    });
  } catch {
    const unreadable = fault('/query', 'encoding', 'The query is not percent-encoded UTF-8.');
    throw new Problem('invalid_parameter', { faults: [unreadable] });
  }
}

function faultsOfNames(names, known) {
  const wrong = new Map();
  for (const [place, name] of names.entries()) {
    const pointer = pointerTo('query', name);
    if (!known.includes(name)) {
      wrong.set(name, fault(pointer, 'unknown_parameter', 'This operation has no such parameter.'));
    } else if (names.indexOf(name) !== place) {
      wrong.set(name, fault(pointer, 'repeated_parameter', 'Give this parameter once.'));
    }
  }
  return [...wrong.values()];
}

/** Read a text as a number or a boolean in its one spelling; another spelling stays text, which no schema takes. */
function asType(type, text) {
  if (type === 'integer' && WHOLE.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** Read the content into `response.locals.content`: JSON syntax first, then the schema. */
export function readJson(operation, schemas) {
  const [content] = operation.content;
  const judge = content && schemas.judge(content.schema);
  return (request, response, next) => {
    if (content) {
      const value = parsed(response.locals.content);
      const faults = judge(value);
      if (faults.length > 0) throw new Problem('invalid_content', { faults });
      response.locals.content = value;
    }
    next();
  };
}

function parsed(bytes) {
  try {
    return parseJson(UTF_8.decode(bytes));
  } catch {
    const told = fault('', 'malformed', 'Send one JSON text, in UTF-8.');
    throw new Problem('malformed_content', { faults: [told] });
  }
}

/** The value of a JSON text as RFC 8259 and I-JSON (RFC 7493) define it; throws an Error for any other text. */
function parseJson(text) {
  const value = JSON.parse(text, (name, member) => {
    refuseUnreadable(name);
    if (typeof member === 'string') refuseUnreadable(member);
    return member;
  });
  refuseDuplicates(text);
  return value;
}

function refuseUnreadable(text) {
  if (text.includes('\0') || !text.isWellFormed()) throw new SyntaxError('NUL or a lone surrogate');
}

/** JSON.parse keeps the last of two members with one name. */
function refuseDuplicates(text) {
  const open = [];
  visit(text, {
    onObjectBegin: () => {
      open.push(new Set());
    },
    onObjectProperty: (name) => {
      if (open.at(-1).has(name)) throw new SyntaxError('a member stands twice');
      open.at(-1).add(name);
    },
    onObjectEnd: () => {
      open.pop();
    },
  });
}
