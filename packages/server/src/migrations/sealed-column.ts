/**
 * What a migration adds for each column of ciphertexts. Part of released migrations: never edited.
 */

/**
 * The statements that keep a column from naming a data key that is not in `data_keys`: a process that has slept through the retirement
 * of a key cannot write what nobody could open. A foreign key cannot say it, since the id stands inside the ciphertext.
 */
export function refuseLostKeys(table: string, column: string): string[] {
  const keyIsLost = `NEW."${column}" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM data_keys WHERE id = lower(hex(substr(NEW."${column}", 2, 8))))`;
  const refusal = `SELECT RAISE(ABORT, 'the data key of ${table}.${column} is gone')`;
  return [
    `CREATE TRIGGER ${table}_${column}_inserted BEFORE INSERT ON ${table} WHEN ${keyIsLost} BEGIN ${refusal}; END`,
    `CREATE TRIGGER ${table}_${column}_updated BEFORE UPDATE OF "${column}" ON ${table} WHEN ${keyIsLost} BEGIN ${refusal}; END`,
  ];
}
