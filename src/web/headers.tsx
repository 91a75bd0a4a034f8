import type { HeaderPair } from '../core/delivery.ts';
import { printable } from '../core/text.ts';

/** Headers in their order, as they came. */
export function Headers({ pairs }: { pairs: readonly HeaderPair[] }) {
  return (
    <table className="headers">
      <tbody>
        {pairs.map(([name, value], i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same header may come twice
          <tr key={i}>
            <th scope="row">{printable(name)}</th>
            <td>{printable(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
