import type * as z from 'zod';

/** A type without `readonly`, which says nothing about JSON. */
export type Plain<T> = unknown extends T ? T : { -readonly [K in keyof T]: Plain<T[K]> };

/** Ties a schema to the type that the code is written in: it compiles as long as the two are the same. */
export const describes =
  <T>() =>
  <S extends z.ZodType<Plain<T>>>(schema: S & (Plain<T> extends z.output<S> ? unknown : never)): S =>
    schema;
