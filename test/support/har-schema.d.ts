declare module 'har-schema' {
  /** The JSON Schemas of HAR 1.2 by name, each with its `$id`. */
  const schemas: Readonly<Record<string, { $id: string }>>;
  export default schemas;
}
