import { addNode, type GraphDraft } from '../onnx/graph-draft.ts';
import { columnOf, type Kernel, type LoweredValues } from './operator.ts';
import { createLookup, lookUp } from './vocabulary.ts';

/** A number for each known text of a column: what operators on texts come to, in bulk and as ONNX. */
export interface TextTable {
  readonly column: string;
  readonly texts: readonly string[];
  /** Of the text at the same index. */
  readonly numbers: readonly number[];
  /** Of every other text. */
  readonly fallback: number;
}

export function textTableKernel({ column, texts, numbers, fallback }: TextTable): Kernel {
  const byText = new Map(texts.map((text, index) => [text, numbers[index] as number]));
  const lookup = createLookup(byText, fallback);
  return (batch, matrix, width, index) => {
    const texts = columnOf(batch, column, 'text');
    const values = lookUp(lookup, texts);
    const { codes } = texts;
    for (let row = 0, at = index; row < codes.length; row++, at += width) {
      matrix[at] = values[codes[row] as number] as number;
    }
  };
}

export function lowerTextTable(table: TextTable, draft: GraphDraft, values: LoweredValues): string {
  const attributes = {
    keys_strings: { texts: table.texts },
    values_floats: { floats: table.numbers },
    default_float: { float: table.fallback },
  };
  return addNode(draft, 'LabelEncoder', [values.input(table.column)], attributes, 'ai.onnx.ml');
}
