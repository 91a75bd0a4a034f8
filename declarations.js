// Writes dist/*.d.ts: the published types, each file whole in itself, so that a user's compiler needs nothing of ours.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateDtsBundle } from 'dts-bundle-generator';
import ts from 'typescript';

/** A copy of the sources, in which the types that are derived from tables stand written out. */
const copy = '.cache/types';

/** What stands in `src/library/tables.ts` in that copy. */
function writtenOut() {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.');
  const file = resolve('src/library/tables.ts');
  const program = ts.createProgram([file], options);
  const checker = program.getTypeChecker();
  const aliases = program.getSourceFile(file).statements.filter(ts.isTypeAliasDeclaration);
  return aliases
    .map(
      (alias) =>
        `export type ${alias.name.text} = ${print(checker, checker.getTypeAtLocation(alias.name))};\n`,
    )
    .join('\n');
}

/** A type as it is, with no name of ours in it. @param path of types around it, of which none is written again in itself */
function print(checker, type, path = []) {
  if (path.includes(type)) return 'unknown';
  const inner = (each) => print(checker, each, [...path, type]);
  const plain = ts.TypeFlags.Object | ts.TypeFlags.UnionOrIntersection | ts.TypeFlags.Enum;
  if (!(type.flags & plain) || type.flags & ts.TypeFlags.Boolean) return checker.typeToString(type);
  if (type.isUnion()) return union(type.types, inner);
  if (checker.isTupleType(type)) return `[${checker.getTypeArguments(type).map(inner).join(', ')}]`;
  if (checker.isArrayType(type)) return `readonly (${inner(checker.getTypeArguments(type)[0])})[]`;
  if (type.getCallSignatures().length > 0) return '(() => unknown)';
  const from = type.symbol?.declarations?.[0]?.getSourceFile().fileName ?? '';
  // Of the language or of Node: known to everybody.
  if (/typescript\/lib\/lib\.|@types\/node\//.test(from) && type.symbol.name !== '__type')
    return type.symbol.name;
  return `{ ${members(checker, type, inner)} }`;
}

const union = (types, inner) => {
  const texts = new Set(types.map(inner));
  if (texts.has('true') && texts.has('false')) {
    for (const text of ['true', 'false']) texts.delete(text);
    texts.add('boolean');
  }
  return `(${[...texts].join(' | ')})`;
};

function members(checker, type, inner) {
  const properties = checker.getPropertiesOfType(type).map((property) => {
    const optional = property.flags & ts.SymbolFlags.Optional ? '?' : '';
    return `${JSON.stringify(property.name)}${optional}: ${inner(checker.getTypeOfSymbol(property))}`;
  });
  const indexed = checker
    .getIndexInfosOfType(type)
    .map(({ keyType, type: value }) => `[key: ${checker.typeToString(keyType)}]: ${inner(value)}`);
  return [...properties, ...indexed].join('; ');
}

rmSync(copy, { recursive: true, force: true });
mkdirSync(copy, { recursive: true });
// The rooms between are not read: no published type comes from them but through the tables.
for (const part of ['src/index.ts', 'src/library', 'src/core', 'package.json'])
  cpSync(part, join(copy, part), { recursive: true });
const internal = {
  extends: '../../tsconfig.json',
  compilerOptions: { stripInternal: true },
  include: ['src'],
};
writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify(internal));
writeFileSync(join(copy, 'src/library/tables.ts'), writtenOut());
// What is checked elsewhere, and can't be here, without those rooms.
for (const name of readdirSync(join(copy, 'src'), { recursive: true }).filter((path) =>
  path.endsWith('.ts'),
)) {
  const path = join(copy, 'src', name);
  writeFileSync(path, `// @ts-nocheck\n${readFileSync(path, 'utf8')}`);
}
const entries = { index: 'index', matchers: 'library/matchers' };
const bundles = generateDtsBundle(
  Object.values(entries).map((path) => ({
    filePath: join(copy, `src/${path}.ts`),
    noCheck: true, // a test compiles them as a user does
    output: { noBanner: true, exportReferencedTypes: false },
  })),
  { preferredConfigPath: join(copy, 'tsconfig.json') },
);
for (const [i, name] of Object.keys(entries).entries()) writeFileSync(`dist/${name}.d.ts`, bundles[i]);
// What a runner's own types are told of: as it stands.
for (const name of ['matchers-vitest', 'matchers-jest'])
  cpSync(`src/library/${name}.d.ts`, `dist/${name}.d.ts`);
