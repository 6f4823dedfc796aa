// Command generate makes the tables of package schema from published ISO 20022 schemas, files or folders of them:
//
//	go run ./messaging/iso20022/schema/generate PATH... > messaging/iso20022/schema/tables.txt
//
// Those of acmt.023 and acmt.024, by which a name is asked for and told, are in docs/specifications of the module
// github.com/moov-io/iso20022 (generate_test.go names them); all others come from the registration authority.
// The tables hold facts only: names, order, counts, choices and forms. What the schemas say twice stands once.
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: generate PATH... > tables.txt")
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	err := generate(out, os.Args[1:])
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
