/** What a flight must be to count, and the columns that later steps read. */
export const cleaning = {
  rowId: 'flight_id',
  reject: {
    'no distance': 'distance IS NULL OR distance <= 0',
    'origin is destination': 'origin = destination',
    'more than twelve hours early or late': 'delay IS NULL OR abs(delay) > 720',
    'not of the half year': "date < TIMESTAMP '2001-01-01' OR date >= TIMESTAMP '2001-07-01'",
  },
  columns: {
    date: 'date',
    origin: 'origin',
    destination: 'destination',
    distance: 'distance',
    late: 'CAST(delay >= 15 AS TINYINT)',
  },
};
