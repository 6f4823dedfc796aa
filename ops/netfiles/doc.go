// Package netfiles runs netting over CSV files: the commands `ayni net select`, `setoff`, `fx` and `explain`.
//
// Columns are found by their names in the first row, in any order; others are passed over. Amounts are
// integers of minor units. Files may begin with a byte order mark, end lines with CR LF and quote fields;
// a quoted field stays on its line. What is wrong with a file is a *FileError that names file and row.
//
// Outputs are written whole or not at all, and do not depend on the order of the rows, but where they answer
// row by row.
package netfiles
