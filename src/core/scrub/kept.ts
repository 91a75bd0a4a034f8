// Words that say what something is, and nothing about anybody. They stay.

/** Segments of a path that only name a route. */
export const routeWords =
  /^(?:|api|v\d|(?:web)?hooks?|callbacks?|notif(?:y|ications?)|events?|in|inbox|reducto|svix|jobs?|results?|documents?|files?|uploads?|parse|extract|split|edit|pipeline|health|status|test|dev)$/i;

/** Extensions of files. */
export const extensions: ReadonlySet<string> = new Set(
  'pdf png jpg jpeg tif tiff gif webp heic bmp svg doc docx xls xlsx xlsm ppt pptx odt rtf csv tsv txt md json ndjson xml html htm eml msg zip gz'.split(
    ' ',
  ),
);

/** Beginnings of ids, before a "_". */
export const idPrefixes: ReadonlySet<string> = new Set(
  'msg evt req job doc file user usr cus acct org sub inv ep app att dlv whsec sk pk tok'.split(' '),
);

/** Strings that stay under a key, as Reducto's schema has them (openapi.json). */
const enums: Readonly<Record<string, ReadonlySet<string>>> = {
  status: new Set('Completed Failed Pending Idle InProgress Completing Cancelled'.split(' ')),
  type: new Set([
    ...'Parse Extract Split Edit Pipeline Classify Text Title Table Figure Header Footer Comment Signature'.split(
      ' ',
    ),
    ...['Key Value', 'List Item', 'Page Number', 'Section Header', 'full', 'url', 'text'],
  ]),
  mode: new Set(['direct', 'svix', 'disabled']),
  confidence: new Set(['high', 'medium', 'low']),
};

/** `async.update`, `job.completed`. */
const eventType = /^[a-z_]{1,30}(?:\.[a-z_]{1,30}){1,4}$/;
const eventKeys = /^(?:event|event_?type|type)$/i;
/** Numbers about a document, not its contents: where something stands in it, how long it is (openapi.json). */
const numberKeys =
  /^(?:left|top|width|height|page|original_page|page_(?:number|start|end|count)|num_(?:pages|fields)|pages|total_pages|row|column|start|end|size|rotation|dpi|font_size|duration|progress|credits|confidence|(?:parse|extract)_confidence|status|status_code)$/;
/** Keys of times. */
const timeKeys = /^at$|(?:_at|At|[tT]imestamp|[tT]ime|[dD]ate|[cC]reated|[uU]pdated|[eE]xpires)$/;
const birthKeys = /birth|(?:^|_)dob(?:$|_)|geburt|naissance|nacimiento/i;
const nameKeys =
  /name|customer|client|author|owner|person|patient|employee|contact|company|organi[sz]ation|vendor|supplier|recipient|sender|address|street|city/i;
const secretKeys = /secret|token|passw|api[-_]?key|credential|signature|authorization|jwt/i;

/** Whether a string stays, since it is a word of a schema. */
export const isStructural = (key: string, text: string): boolean =>
  (Object.hasOwn(enums, key) && enums[key]!.has(text)) || (eventKeys.test(key) && eventType.test(text));

/** Whether a number stays: a measure of a document, or a time (seconds or milliseconds since 1970). */
export const isMeasure = (key: string, text: string): boolean =>
  numberKeys.test(key) || (timeKeys.test(key) && /^1\d{9}(?:\d{3})?(?:\.\d{1,9})?$/.test(text));

/** What a key says of its value. */
export const isBirthKey = (key: string): boolean => birthKeys.test(key);
export const isNameKey = (key: string): boolean => nameKeys.test(key);
export const isSecretKey = (key: string): boolean => secretKeys.test(key);
