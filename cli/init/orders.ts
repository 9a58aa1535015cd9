const CUSTOMERS = ['ada', 'blaise', 'carl', 'dorothy', 'emmy', 'felix'];

/** A small CSV file of orders, the same each time. */
export function orders(): string {
  const rows = Array.from({ length: 60 }, (_, index) => {
    const customer = CUSTOMERS[(index * 7) % CUSTOMERS.length];
    const day = String((index % 28) + 1).padStart(2, '0');
    const amount = (((index * 37) % 90) + 10 + index / 100).toFixed(2);
    return `${1000 + index},${customer},2026-01-${day},${amount}`;
  });
  return ['order_id,customer,day,amount', ...rows, ''].join('\n');
}
