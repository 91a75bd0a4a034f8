import { STATUS_CODES } from 'node:http';
import { whyNotDecoded } from '../content-coding.ts';
import type { AttemptResponse, HeaderPair } from '../delivery.ts';
import { endToEnd, headerValue } from '../headers.ts';
import { maskBody, maskHeaders } from '../mask.ts';
import { type DecodedText, decodedText } from '../record.ts';
import { scrubbedNote } from '../scrub/secrets.ts';
import { printableJson } from '../text.ts';
import { readableText } from '../utf8.ts';
import { version } from '../version.ts';
import type { ExportItem, Format } from './format.ts';
import { readHar } from './har-read.ts';
import { absoluteUrl, hasKey, percentEncode, type Shown, shown } from './parts.ts';

/**
 * HAR 1.2 (w3c.github.io/web-performance/specs/HAR/Overview.html, softwareishard.com/blog/har-12-spec): an entry
 * a delivery, with the request as it arrived and the answer that its sender got. What HAR has no place for
 * stands in custom fields, which other tools skip: `_delivery`, and `_body` for a body that is not text.
 */
export const har: Format = {
  help: 'HAR 1.2, which browsers and proxies open',
  extension: 'har',
  answers: true,
  *write(items, { secrets, scrubbed }) {
    const creator = { name: 'reducto-webhook-dev', version };
    const comment =
      '_delivery is what HAR has no place for; _body holds a request body that is not UTF-8 text, in base64.' +
      (scrubbed ? ` ${scrubbedNote(scrubbed)}` : secrets ? '' : ' Secrets are masked.');
    const head = JSON.stringify({ version: '1.2', creator, comment });
    yield `{"log":${head.slice(0, -1)},"entries":[`;
    let before = '\n';
    for (const item of items) {
      const json = JSON.stringify(entry(item, secrets));
      yield before; // of what may be megabytes each step is a piece, so that others have their turn between them
      yield printableJson(json);
      before = ',\n';
    }
    yield '\n]}}\n';
  },
  read: {
    accepts: ({ json }) => hasKey(json, 'log'),
    parse: ({ json, broken }, now) => readHar(json, now, broken),
  },
};

function entry(item: ExportItem, secrets: boolean): object {
  const { delivery } = item;
  const request = shown(delivery, secrets);
  const time = delivery.acknowledgement?.durationMs ?? 0;
  return {
    startedDateTime: new Date(delivery.receivedAt).toISOString(),
    time,
    request: harRequest(request, `HTTP/${delivery.httpVersion}`),
    response: harResponse(item, secrets),
    cache: {},
    timings: { send: 0, wait: time, receive: 0 },
    _delivery: {
      id: delivery.id,
      source: delivery.source,
      // The URL may be written differently, and its host is only a guess.
      target: request.target,
      remoteAddress: delivery.remoteAddress,
      intake: delivery.intake,
      masked: request.masked,
    },
  };
}

function harRequest({ method, target, headers, body, masked }: Shown, httpVersion: string): object {
  const text = readableText(body);
  const decoded = text === null ? decodedText(body, headers) : null;
  const mimeType = headerValue(headers, 'content-type') ?? '';
  const postData = {
    mimeType,
    text: text ?? decoded?.text ?? '',
    ...(text === null
      ? {
          comment: `${decoded ? decodedNote(decoded) : (whyNotDecoded(headers) ?? 'not text')}: the ${body.length} bytes are in _body`,
        }
      : {}),
  };
  return {
    method,
    url: strictUrl(absoluteUrl({ target, headers })),
    httpVersion,
    cookies: cookies(headers, 'cookie'),
    headers: headers.map(([name, value]) => ({ name, value })),
    queryString: query(target),
    headersSize: -1,
    bodySize: body.length,
    ...(body.length > 0 ? { postData } : {}),
    ...(text === null ? { _body: { encoding: 'base64', text: base64(body) } } : {}),
    ...(masked ? { comment: 'secrets are masked' } : {}),
  };
}

function harResponse(item: ExportItem, secrets: boolean): object {
  const { acknowledgement } = item.delivery;
  const status = acknowledgement?.status ?? 0;
  const answer = answerOf(item);
  const sent = answer ? endToEnd(answer.headers) : [];
  const headers = secrets ? sent : maskHeaders(sent);
  const notes = [acknowledgement?.note, ...(acknowledgement?.faults ?? []).map((fault) => `fault: ${fault}`)];
  const comment = notes.filter((note) => note != null).join('; ');
  return {
    status,
    statusText: STATUS_CODES[status] ?? '',
    httpVersion: 'HTTP/1.1',
    cookies: cookies(headers, 'set-cookie'),
    headers: headers.map(([name, value]) => ({ name, value })),
    content: content(answer, sent, secrets),
    redirectURL: headerValue(headers, 'location') ?? '',
    headersSize: -1,
    bodySize: answer?.bodySize ?? -1,
    ...(comment === '' ? {} : { comment }),
    // As Chrome has it for a request without an answer.
    ...(status === 0 ? { _error: comment || 'the sender was not answered' } : {}),
  };
}

/** The app's answer that the sender got; null when the answer was this tool's own, or there was none. */
function answerOf({ delivery, attempts }: ExportItem): AttemptResponse | null {
  const { acknowledgement } = delivery;
  if (acknowledgement?.by !== 'app') return null;
  for (const { reason, outcome } of attempts)
    if (reason === 'forward' && outcome.kind === 'response' && outcome.status === acknowledgement.status)
      return outcome;
  return null;
}

function content(answer: AttemptResponse | null, headers: readonly HeaderPair[], secrets: boolean): object {
  if (!answer) return { size: 0, mimeType: 'x-unknown' };
  const body = secrets ? answer.body : maskBody(answer.body, headers);
  const decoded = decodedText(body, headers);
  const text = decoded?.text ?? readableText(body);
  // By the specification `size` is the length of what was decoded, `compression` what was saved by not sending that.
  const size = decoded ? Buffer.byteLength(decoded.text) : answer.bodySize;
  const undecoded = text === null ? whyNotDecoded(headers) : null;
  const notes = [
    ...(decoded ? [decodedNote(decoded)] : []),
    ...(undecoded === null ? [] : [undecoded]),
    ...(answer.body.length < answer.bodySize
      ? [`only the first ${answer.body.length} of ${answer.bodySize} bytes were kept`]
      : []),
  ];
  return {
    size,
    ...(decoded?.whole ? { compression: size - answer.bodySize } : {}),
    mimeType: headerValue(headers, 'content-type') ?? 'x-unknown',
    ...(text === null ? { text: base64(body), encoding: 'base64' } : { text }),
    ...(notes.length > 0 ? { comment: notes.join('; ') } : {}),
  };
}

const decodedNote = ({ codings, whole }: DecodedText): string =>
  `decoded from ${codings}${whole ? '' : ', only the beginning'}`;

interface NameValue {
  name: string;
  value: string;
}

function query(target: string): NameValue[] {
  const [, search = ''] = /\?([^#]*)/.exec(target) ?? [];
  return [...new URLSearchParams(search)].map(([name, value]) => ({ name, value }));
}

function cookies(headers: readonly HeaderPair[], header: 'cookie' | 'set-cookie'): NameValue[] {
  return headers
    .filter(([name]) => name.toLowerCase() === header)
    .flatMap(([, value]) => (header === 'cookie' ? value.split(';') : value.split(';', 1)))
    .flatMap((cookie) => {
      const [, name, value] = /^\s*([^=]+)=(.*)$/.exec(cookie) ?? [];
      return name === undefined ? [] : [{ name, value: value! }];
    });
}

/**
 * A URL as RFC 3986 has it, which some readers of HAR insist on: senders may write brackets, a second "#" or a
 * lone "%" into a path. The target as it was sent is in `_delivery`.
 */
function strictUrl(url: string): string {
  const [, authority = '', rest = ''] = /^(https?:\/\/[^/?#]*)(.*)$/is.exec(url) ?? [];
  const encoded = rest.replace(/%(?![0-9a-f]{2})|[[\]]/gi, percentEncode);
  const hash = encoded.indexOf('#') + 1;
  return (
    authority + (hash === 0 ? encoded : encoded.slice(0, hash) + encoded.slice(hash).replaceAll('#', '%23'))
  );
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
