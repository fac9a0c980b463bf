/** From a JSON schema to something a person can read. Nothing here touches the page. */

/** One schema in a few words: `string`, `integer`, `list of string`, `agent | supervisor` for a choice. */
export function shapeOf(schema) {
  if (!schema) return "anything";
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return schema.enum.map(String).join(" | ");
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.anyOf) return schema.anyOf.map(shapeOf).join(" | ");
  if (schema.type === "array") return `list of ${shapeOf(schema.items)}`;
  return schema.format ?? schema.type ?? "anything";
}

function sketch(schema, schemas, depth) {
  if (schema?.$ref) return depth > 4 ? shapeOf(schema) : sketch(schemas[schema.$ref.split("/").at(-1)], schemas, depth + 1);
  if (schema?.anyOf) {
    const filled = schema.anyOf.filter((one) => one.type !== "null");
    const inner = filled.length === 1 ? sketch(filled[0], schemas, depth) : shapeOf(schema);
    return typeof inner === "string" && filled.length < schema.anyOf.length && !inner.endsWith("null") ? `${inner} | null` : inner;
  }
  if (schema?.type === "array") return [sketch(schema.items, schemas, depth + 1)];
  if (schema?.properties) {
    const required = new Set(schema.required ?? []);
    return Object.fromEntries(Object.entries(schema.properties).map(
      ([name, one]) => [required.has(name) ? name : `${name}?`, sketch(one, schemas, depth + 1)]));
  }
  return shapeOf(schema);
}

/** A schema as indented pseudo-JSON; names with ? may be left out. */
export function exampleOf(schema, document_) {
  return JSON.stringify(sketch(schema, document_.components.schemas, 0), null, 2);
}
