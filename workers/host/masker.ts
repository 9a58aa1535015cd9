/** What stands where a secret stood. */
const MASK = '***';

/** Takes secrets out of texts, also where they are written in one of the usual encodings. */
export interface Masker {
  readonly mask: (text: string) => string;
  /** Names of secrets that are found in a text; those too short to tell from any other text are not looked for. */
  readonly find: (text: string) => readonly string[];
  /** For text that comes in pieces: a secret that is cut in two is masked as well. */
  readonly stream: () => StreamMasker;
}

export interface StreamMasker {
  /** What is safe to show now; the rest may be the beginning of a secret and is held back. */
  readonly push: (piece: string) => string;
  readonly end: () => string;
}

/** Shorter values are looked for as they are, in JSON and in URLs: what base64 or hex makes of them stands in any text. */
const SURE_LENGTH = 8;
/** A quotation mark becomes 1, 3, 7 backslashes and itself: deeper than that nobody nests JSON. */
const MOST_NESTED = 3;

export function maskerOf(secrets: Readonly<Record<string, string>>): Masker {
  const known = Object.entries(secrets).map(([name, value]) => ({ name, value, forms: formsOf(value) }));
  const forms = [...new Set(known.flatMap((secret) => secret.forms))].sort((left, right) => right.length - left.length);
  const pattern = new RegExp(forms.map(escapeRegExp).join('|'), 'g');
  // Most texts hold none, and to look for one form after the other is several times as fast as one pattern for all.
  const mask = (text: string) => (holds(text, forms) ? text.replace(pattern, MASK) : text);
  return {
    mask,
    find: (text) =>
      known.filter(({ value, forms }) => value.length >= SURE_LENGTH && holds(text, forms)).map(({ name }) => name),
    stream: () => streamMasker(forms, pattern, mask),
  };
}

function holds(text: string, forms: readonly string[]): boolean {
  return forms.some((form) => text.includes(form));
}

function streamMasker(forms: readonly string[], pattern: RegExp, mask: (text: string) => string): StreamMasker {
  let held = '';
  return {
    push(piece) {
      held += piece;
      const cut = safeCut(held, forms, pattern);
      const safe = held.slice(0, cut);
      held = held.slice(cut);
      return mask(safe);
    },
    end() {
      const rest = mask(held);
      held = '';
      return rest;
    },
  };
}

/** The greatest index before which no secret begins that could end after it. */
function safeCut(text: string, forms: readonly string[], pattern: RegExp): number {
  const lastLine = text.lastIndexOf('\n') + 1;
  const begun = forms.reduce((least, form) => Math.min(least, beginningOf(form, text, lastLine)), text.length);
  if (begun === text.length) return begun;
  let cut = begun;
  for (const match of text.matchAll(pattern)) {
    if (match.index < cut && match.index + match[0].length > cut) cut = match.index;
  }
  return cut;
}

/** Where the end of a text may be the beginning of a form; few forms go over the end of a line. */
function beginningOf(form: string, text: string, lastLine: number): number {
  const least = form.includes('\n') ? 0 : lastLine;
  if (least === text.length) return least;
  const first = form.slice(0, 1);
  let at = text.indexOf(first, Math.max(least, text.length - form.length + 1));
  while (at >= 0 && !form.startsWith(text.slice(at))) at = text.indexOf(first, at + 1);
  return at < 0 ? text.length : at;
}

/** As it is, as JSON and URLs write it, and the long lines of one that has several (keys in PEM); in base64 and hex. */
function formsOf(value: string): readonly string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 2 * SURE_LENGTH);
  const written = [value, ...inJson(value), encodeURIComponent(value), inForm(value), ...lines];
  const encoded = value.length < SURE_LENGTH ? [] : [...inBase64(value), ...inHex(value)];
  return [...new Set([...written, ...encoded])].filter((form) => form !== '');
}

/** In JSON, and in JSON that stands as a text in JSON: what is logged with fields is such. */
function inJson(value: string): readonly string[] {
  const written: string[] = [];
  for (let text = value; written.length < MOST_NESTED; written.push(text)) text = JSON.stringify(text).slice(1, -1);
  return written;
}

/** As forms and `URLSearchParams` write it: a space is a plus, and more is escaped than elsewhere in URLs. */
function inForm(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}

/**
 * Base64 writes three bytes as four characters, so that one text has three forms, by how many bytes of something else
 * (`user:`) stand before it. The characters at its edges say something of its neighbours too, and are left out.
 */
function inBase64(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const inner = [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const [from, to] = [Math.ceil((before * 4) / 3), Math.floor((padded.length * 4) / 3)];
    return (['base64', 'base64url'] as const).map((encoding) => padded.toString(encoding).slice(from, to));
  });
  return [bytes.toString('base64'), bytes.toString('base64url'), ...inner];
}

function inHex(value: string): readonly string[] {
  const hex = Buffer.from(value).toString('hex');
  return [hex, hex.toUpperCase()];
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
