// Prints rows of a Parquet file, from one until before another, as JSON arrays of strings in the order of the columns.
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'

const [name, from, until] = process.argv.slice(2)
const file = await asyncBufferFromFile(name)
// A Date of JavaScript has no microseconds.
const timestampFromMicroseconds = (micros) => {
  const seconds = new Date(Number(micros / 1000n)).toISOString().slice(0, 19)
  const fraction = String(micros % 1000000n).padStart(6, '0').replace(/0+$/, '')
  return seconds + (fraction && '.' + fraction) + 'Z'
}
const rows = await parquetReadObjects({
  file, rowStart: Number(from), rowEnd: Number(until), parsers: { timestampFromMicroseconds },
})
for (const row of rows) {
  process.stdout.write(JSON.stringify(Object.values(row).map((value) => String(value ?? ''))) + '\n')
}
