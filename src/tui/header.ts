import type { EmulatorStatus, Status } from '../core/session.ts';
import { plural } from '../view/format.ts';
import { keyFor } from '../view/keys/labels.ts';
import type { ViewState } from '../view/state.ts';
import {
  endpointLook,
  ruleText,
  tunnelFacts,
  tunnelLook,
  tunnelTrouble,
  verificationText,
} from '../view/status.ts';
import { fitSpans, oneLine, type Span, span } from './text.ts';
import { workLines } from './work.ts';

/**
 * The head of the screen: where deliveries come in, where they go, and whatever is wrong with that.
 * @param brief only the public URL and what is wrong
 */
export function headerLines(state: ViewState, width: number, brief = false): Span[][] {
  const { status, now, secrets } = state;
  const trouble = tunnelTrouble(status, now);
  const tone = status.tunnel.state === 'closed' ? 'bad' : 'warn';
  const right = secrets ? [span('secrets shown ', 'warn')] : [];
  return [
    fitSpans(publicLine(status, width), width, brief ? right : []),
    ...(trouble === null ? [] : [fitSpans([span(`           ${oneLine(trouble)}`, tone)], width)]),
    ...(brief ? [] : [fitSpans(localLine(status), width)]),
    ...(brief || status.rules.length === 0 ? [] : [fitSpans(rulesLine(status), width)]),
    ...(brief || status.emulator === null
      ? []
      : [fitSpans([span(' api     ', 'dim'), ...emulatorSpans(status.emulator)], width)]),
    ...(status.storeProblem === null
      ? []
      : [
          fitSpans(
            [span(` ✗ Deliveries are not stored: ${oneLine(status.storeProblem)}`, 'bad', true)],
            width,
          ),
        ]),
    ...(brief ? [] : [fitSpans(factsLine(state), width, right)]),
    ...workLines(state, width).map((spans) => fitSpans(spans, width)),
    ...status.banner.map((text) => fitSpans([span(` ${oneLine(text)}`, 'accent', true)], width)),
    [span('─'.repeat(width), 'dim')],
  ];
}

/** The head of a low screen: the public URL, and what is out of the ordinary. */
export const lowHeaderLines = (state: ViewState, width: number): Span[][] => [
  fitSpans(publicLine(state.status, width), width),
  ...workLines(state, width, 2).map((spans) => fitSpans(spans, width)),
];

function publicLine(status: Status, width: number): Span[] {
  const { tunnel } = status;
  const { symbol, tone } = tunnelLook[tunnel.state];
  // The URL is what the user came for: on a narrow screen the label makes room.
  const label = span(width < 60 ? ' ' : ' public  ', 'dim');
  if (tunnel.state === 'off') return [label, span(`${symbol} no tunnel (--tunnel none)`, 'dim')];
  const url = tunnel.url === null ? span('no URL yet', 'dim') : span(oneLine(tunnel.url), 'accent', true);
  return [
    ...[label, span(`${symbol} `, tone), url, span(`  ${tunnel.state}`, tone)],
    span(`  ${oneLine(tunnelFacts(status))}`, 'dim'),
  ];
}

function localLine({ receiverUrl, endpoints }: Status): Span[] {
  const apps = endpoints.flatMap(({ name, state, reason }, i): Span[] => [
    span(i === 0 ? '  →  ' : '  '),
    span(oneLine(name)),
    span(
      ` ${endpointLook[state].text}${state === 'down' && reason ? ` (${oneLine(reason)})` : ''}`,
      endpointLook[state].tone,
    ),
  ]);
  const none = [span('  →  no app: captured, answered 200', 'dim')];
  return [span(' local   ', 'dim'), span(oneLine(receiverUrl)), ...(apps.length > 0 ? apps : none)];
}

function rulesLine({ rules }: Status): Span[] {
  return [span(' rules   ', 'dim'), span(rules.map((rule) => oneLine(ruleText(rule))).join(' · '))];
}

function factsLine(state: ViewState): Span[] {
  const { deliveries, verification, ack, inspectorUrl } = state.status;
  const facts = [
    plural(deliveries, 'delivery', 'deliveries'),
    // First after the count: a narrow screen cuts the end off.
    ...(inspectorUrl === null ? [] : [`page ${new URL(inspectorUrl).host} (${keyFor(state, 'open-page')})`]),
    verificationText(verification),
    `ack: ${oneLine(ack)}`,
  ];
  return [span(`         ${facts.join(' · ')}`, 'dim')];
}

/** The emulator in one line: its URL, its jobs, what it does wrong on purpose. */
const emulatorSpans = ({ url, running, ended, faults }: EmulatorStatus): Span[] => [
  span(oneLine(`${url} (REDUCTO_BASE_URL) · ${running} running, ${ended} ended`)),
  ...(faults === '' ? [] : [span(oneLine(` · faults: ${faults}`), 'warn', true)]),
];
