/** Makes up texts, the same for the same seed. */
export interface Writer {
  /** One of a list. */
  pick<T>(list: readonly T[]): T;
  /** So many words of running text, with a capital and a full stop. */
  sentence(words: number): string;
  integer(least: number, most: number): number;
  /** With two decimals. */
  amount(): number;
  /** `2024-03-17`. */
  date(): string;
  /** The seed's own random numbers, from 0 up to 1. */
  random(): number;
}

const words =
  'invoice payment supplier order delivery amount total balance period terms customer contract agreement item quantity unit price discount service report section account reference number date due net gross tax rate office department project approval signature policy claim coverage summary detail statement transfer receipt notice'.split(
    ' ',
  );

/** @param random from 0 up to 1 */
export function createWriter(random: () => number): Writer {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const integer = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  return {
    pick,
    integer,
    random,
    sentence(count) {
      const text = Array.from({ length: count }, () => pick(words)).join(' ');
      return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
    },
    amount: () => integer(100, 999_999) / 100,
    date: () =>
      `20${integer(20, 26)}-${String(integer(1, 12)).padStart(2, '0')}-${String(integer(1, 28)).padStart(2, '0')}`,
  };
}
