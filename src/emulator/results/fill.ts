import { uuid } from '../../core/ids.ts';
import type { Writer } from './words.ts';

type Schema = Record<string, unknown>;

/** A filled-in value, and how many fields (leaves) it has. */
export interface Filled {
  value: unknown;
  fields: number;
}

// A schema that refers to itself never ends, and a wide one that does grows beyond measure.
const maxDepth = 12;
const maxNodes = 2000;

/**
 * Fills an extraction schema's own fields with plausible values of their types. Whatever stands in the schema,
 * this ends: what can't be understood or goes too deep is null.
 * @param leaf wraps each leaf, as citations do
 */
export function fillSchema(root: unknown, writer: Writer, leaf: (value: unknown) => unknown): Filled {
  let fields = 0;
  let nodes = 0;

  const fill = (given: unknown, name: string, depth: number): unknown => {
    const schema = resolve(given, root);
    nodes += 1;
    if (schema === null || depth > maxDepth) return leaf(null);
    const type = typeOf(schema);
    if (type === 'object') return fillObject(schema, depth);
    if (type === 'array') return fillArray(schema, name, depth);
    fields += 1;
    return leaf(scalar(schema, type, name, writer));
  };

  const fillObject = (schema: Schema, depth: number): unknown => {
    const filled: [string, unknown][] = [];
    for (const [key, value] of isSchema(schema.properties) ? Object.entries(schema.properties) : []) {
      if (nodes >= maxNodes) break;
      filled.push([key, fill(value, key, depth + 1)]);
    }
    return Object.fromEntries(filled);
  };

  const fillArray = (schema: Schema, name: string, depth: number): unknown => {
    const least = typeof schema.minItems === 'number' ? schema.minItems : 1;
    const most = typeof schema.maxItems === 'number' ? schema.maxItems : 3;
    const wanted = writer.integer(least, Math.max(least, Math.min(most, least + 2)));
    const filled: unknown[] = [];
    while (filled.length < Math.min(wanted, 20) && nodes < maxNodes)
      filled.push(fill(schema.items ?? {}, name.replace(/s$/, ''), depth + 1));
    return filled;
  };

  const value = fill(root, '', 0);
  return { value, fields };
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Follows a local `$ref` and takes the first alternative that is not null. */
function resolve(given: unknown, root: unknown): Schema | null {
  let schema = given;
  for (let hops = 0; hops < 8; hops++) {
    if (!isSchema(schema)) return null;
    if (typeof schema.$ref === 'string') schema = atPointer(root, schema.$ref);
    else {
      const alternatives = [schema.anyOf, schema.oneOf, schema.allOf].find(Array.isArray);
      if (alternatives === undefined) return schema;
      schema = alternatives.find((each) => !isSchema(each) || each.type !== 'null') ?? null;
    }
  }
  return null;
}

function atPointer(root: unknown, ref: string): unknown {
  if (!ref.startsWith('#/')) return ref === '#' ? root : null;
  let current = root;
  for (const part of ref.slice(2).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    current = isSchema(current) && Object.hasOwn(current, key) ? current[key] : null;
  }
  return current;
}

function typeOf(schema: Schema): string {
  const { type } = schema;
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return String(type.find((each) => each !== 'null') ?? 'null');
  if (isSchema(schema.properties)) return 'object';
  if (schema.items !== undefined) return 'array';
  return 'string';
}

function scalar(schema: Schema, type: string, name: string, writer: Writer): unknown {
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return writer.pick(schema.enum);
  if (type === 'boolean') return writer.random() < 0.5;
  if (type === 'null') return null;
  if (type === 'integer' || type === 'number') return inBounds(schema, type, writer);
  return textFor(name.toLowerCase(), typeof schema.format === 'string' ? schema.format : '', writer);
}

function inBounds(schema: Schema, type: string, writer: Writer): number {
  const number = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback);
  const least = number(
    schema.minimum,
    number(schema.exclusiveMinimum, 1) + (schema.exclusiveMinimum === undefined ? 0 : 1),
  );
  const most = Math.max(least, number(schema.maximum, number(schema.exclusiveMaximum, least + 1001) - 1));
  const value = least + writer.random() * (most - least);
  return type === 'integer'
    ? Math.min(Math.floor(most), Math.ceil(value))
    : Math.min(most, Math.round(value * 100) / 100);
}

const names = ['Ada Example', 'Grace Sample', 'Alan Tester'];
const companies = ['Example Supplies Inc.', 'Sample Logistics GmbH', 'Acme Holdings Ltd.'];

/** A text that fits a field's format or, failing that, its name. */
function textFor(name: string, format: string, writer: Writer): string {
  if (format === 'date-time') return `${writer.date()}T09:30:00Z`;
  if (format === 'date' || /date|day/.test(name)) return writer.date();
  if (format === 'email' || /e-?mail/.test(name)) return `person${writer.integer(1, 99)}@example.com`;
  if (format === 'uuid') return uuid(writer.random);
  if (format === 'uri' || /url|link|website/.test(name))
    return `https://example.com/${writer.integer(1, 999)}`;
  if (/amount|total|price|tax|sum|balance|cost/.test(name)) return writer.amount().toFixed(2);
  if (/currency/.test(name)) return writer.pick(['USD', 'EUR', 'GBP']);
  if (/phone|fax/.test(name)) return `+1 555 01${writer.integer(10, 99)}`;
  if (/company|vendor|supplier|merchant|seller|organi[sz]ation/.test(name)) return writer.pick(companies);
  if (/name|customer|person|signer|buyer/.test(name)) return writer.pick(names);
  if (/address|street/.test(name)) return `${writer.integer(1, 200)} Example Street, Springfield`;
  if (/country/.test(name)) return writer.pick(['US', 'DE', 'AU']);
  if (/(^|_)(id|no|number|code|ref|reference)$|number/.test(name))
    return `INV-${writer.integer(1000, 99999)}`;
  return writer.sentence(4).slice(0, -1);
}
