import { z } from 'zod';

/** A row of the source: one flight within the United States. */
export const Flight = z.object({
  /** Microseconds since 1970-01-01 UTC in memory; a TIMESTAMP in the file. */
  date: z.iso.datetime(),
  /** Minutes after the timetable; negative is early. */
  delay: z.number().int(),
  /** Miles. */
  distance: z.number().int(),
  /** Airports, by their IATA codes. */
  origin: z.string(),
  destination: z.string(),
});
