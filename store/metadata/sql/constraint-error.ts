/** A row that the schema refuses. Tables turn it into a MetadataError that names what the caller gave. */
export class ConstraintError extends Error {
  override readonly name = 'ConstraintError';
  readonly constraint: 'unique' | 'foreignKey' | 'other';

  constructor(constraint: 'unique' | 'foreignKey' | 'other', message: string) {
    super(message);
    this.constraint = constraint;
  }
}
