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

const SURE_LENGTH = 8;

export function maskerOf(secrets: Readonly<Record<string, string>>): Masker {
  const forms = [...new Set(Object.values(secrets).flatMap(formsOf))].sort((left, right) => right.length - left.length);
  const pattern = forms.length === 0 ? null : new RegExp(forms.map(escapeRegExp).join('|'), 'g');
  const mask = (text: string) => (pattern ? text.replace(pattern, MASK) : text);
  return {
    mask,
    find: (text) =>
      Object.entries(secrets)
        .filter(([, value]) => value.length >= SURE_LENGTH && formsOf(value).some((form) => text.includes(form)))
        .map(([name]) => name),
    stream: () => streamMasker(forms, pattern, mask),
  };
}

function streamMasker(forms: readonly string[], pattern: RegExp | null, mask: (text: string) => string): StreamMasker {
  let held = '';
  return {
    push(piece) {
      if (!pattern) return piece;
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
  let cut = text.length;
  for (let start = Math.max(0, text.length - (forms[0]?.length ?? 0) + 1); start < text.length; start += 1) {
    const tail = text.slice(start);
    if (forms.some((form) => form.length > tail.length && form.startsWith(tail))) {
      cut = start;
      break;
    }
  }
  for (const match of text.matchAll(pattern)) {
    if (match.index < cut && match.index + match[0].length > cut) cut = match.index;
  }
  return cut;
}

/** As it is, as JSON and URLs write it, in base64, and the long lines of one that has several (keys in PEM). */
function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 2 * SURE_LENGTH);
  const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...lines];
  if (value.length >= SURE_LENGTH) forms.push(bytes.toString('base64'), bytes.toString('base64url'));
  return forms.filter((form) => form !== '');
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
