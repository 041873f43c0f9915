/** Ajv on the document's own schemas, and the formats that go beyond their patterns. */

import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { fault, pointerTo } from './problems.js';

const EMAIL = addFormats.get('email');
const ISBN = /^(97[89]-?)?([0-9]-?){9}[0-9Xx]$/;

/** Compiles the schemas of one document. */
export class Schemas {
  #ajv = new Ajv({ allErrors: true, strict: false, logger: false });

  constructor(contract) {
    this.contract = contract;
    addFormats(this.#ajv, ['int32', 'int64']);
    this.#ajv.addFormat('email', isEmail);
    this.#ajv.addFormat('isbn', isIsbn);
    this.#ajv.addSchema(contract.document, 'contract', undefined, false);
  }

  /** The type that a schema names. */
  typeOf(schema) {
    return this.contract.resolve(schema).type;
  }

  /** A function that judges a value, and returns its faults with pointers that begin with a prefix. */
  judge(schema) {
    const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"contract#/'));
    const validate = this.#ajv.compile(local);
    return (value, prefix = '') => (validate(value) ? [] : faultsOf(validate.errors, prefix));
  }
}

/** One fault for each place: where one of several schemas should have matched, Ajv tells of each. */
function faultsOf(errors, prefix) {
  const found = new Map();
  for (const { instancePath, keyword, params, message } of errors) {
    const member = params.missingProperty ?? params.additionalProperty;
    const pointer = prefix + instancePath + (member === undefined ? '' : pointerTo(member));
    const code = keyword.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (!found.has(pointer)) found.set(pointer, fault(pointer, code, `This ${message}.`));
  }
  return [...found.values()];
}

/** Refuse labels that look encoded beside what the format refuses everywhere. */
function isEmail(text) {
  const [, domain = ''] = text.split('@');
  return EMAIL.test(text) && domain.split('.').every((label) => label.slice(2, 4) !== '--');
}

/** Tell whether the check digit of an ISBN of either length is right (ISO 2108). */
function isIsbn(text) {
  if (!ISBN.test(text)) return false;
  const digits = text.replaceAll('-', '').toUpperCase();
  return digits.at(-1) === (digits.length === 10 ? lastOf10(digits) : lastOf13(digits));
}

function lastOf10(digits) {
  const sum = [...digits.slice(0, 9)].reduce((total, digit, place) => total + (10 - place) * Number(digit), 0);
  const rest = (11 - (sum % 11)) % 11;
  return rest === 10 ? 'X' : String(rest);
}

function lastOf13(digits) {
  const sum = [...digits.slice(0, 12)].reduce((total, digit, place) => total + Number(digit) * (place % 2 ? 3 : 1), 0);
  return String((10 - (sum % 10)) % 10);
}

/** The 13 digits of a good ISBN of either length. */
export function asIsbn13(text) {
  const digits = text.replaceAll('-', '').toUpperCase();
  const body = digits.length === 10 ? `978${digits.slice(0, 9)}` : digits.slice(0, 12);
  return body + lastOf13(body);
}
