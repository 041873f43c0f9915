/** What is new for a row, as an UPDATE writes it; undefined, if nothing is. */
export function valuesThatChange(row, values) {
  const news = Object.entries(values).filter(([name, value]) => row[name] !== value);
  if (news.length === 0) return undefined;
  const set = Object.fromEntries([...news, ['updated_at', new Date().toISOString()]]);
  const assignments = Object.keys(set).map((name) => `${name} = :${name}`).join(', ');
  return { assignments, values: { ...set, id: row.id } };
}
