/*
 * engarde.yml as a JSON Schema, from the schema that the programs read it with, for editors that complete and
 * check while one types. It allows whatever `rengarde check` finds in order; what two keys say together, and the
 * finer points of an address, it cannot know.
 */
import { z } from 'zod';
import { clientSection, serverSection } from './schema.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

const FILE = z
  .object({
    client: clientSection
      .exactOptional()
      .describe('What rengarde-client reads: the side with several links.'),
    server: serverSection.exactOptional().describe('What rengarde-server reads: the side with one address.'),
  })
  .describe('Configuration of rengarde-client and rengarde-server.');

/** A JSON Schema of draft 7, which every editor knows. */
export function configSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(FILE, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema, path }) => relax(jsonSchema, path.length === 0),
  });
  return {
    $schema,
    title: 'engarde.yml',
    ...rest,
    anyOf: [{ required: ['client'] }, { required: ['server'] }],
  };
}

/** Unknown keys are wrong; a key with nothing behind it is as good as none, unless it is required or a section. */
function relax(schema: JsonSchema, isRoot: boolean): void {
  allowAnyText(schema);
  const { properties, required = [], additionalProperties: others } = schema;
  if (typeof others === 'object') {
    delete schema.propertyNames; // any
    allowEmpty(others);
  }
  if (properties === undefined) return;
  schema.additionalProperties = false;
  if (isRoot) return;
  for (const [key, property] of Object.entries(properties)) {
    if (typeof property === 'object' && !required.includes(key)) allowEmpty(property);
  }
}

/** YAML takes 1234 and true for something else than a text; the programs take them as they are written. */
function allowAnyText(schema: JsonSchema): void {
  if (schema.type === 'string' && schema.enum === undefined && schema.pattern === undefined) {
    setTypes(schema, ['string', 'number', 'boolean']);
  }
}

function allowEmpty(schema: JsonSchema): void {
  allowAnyText(schema); // the library comes to a record's values only after it
  const types = [schema.type ?? []].flat();
  if (types.length === 0 || types.includes('null')) return;
  setTypes(schema, [...types, 'null']);
  delete schema.minLength;
  if (schema.enum !== undefined) schema.enum = [...schema.enum, null];
  if (schema.pattern !== undefined) schema.pattern = `^$|${schema.pattern}`;
}

/** The library's own type knows a single one only. */
function setTypes(schema: JsonSchema, types: readonly string[]): void {
  Object.assign(schema, { type: types });
}
