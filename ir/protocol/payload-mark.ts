/**
 * Metadata of a payload that goes from a workflow to its own worker and no further: an argument of a local activity. No
 * history holds it, so nothing is gained by keeping it elsewhere.
 */
export const STAYS_HERE = 'millrace-stays-here';
