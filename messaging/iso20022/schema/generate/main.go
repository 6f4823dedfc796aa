// Command generate makes the tables of package schema from a folder of published ISO 20022 schemas:
//
//	go run ./messaging/iso20022/schema/generate FOLDER > messaging/iso20022/schema/tables.txt
//
// The tables hold facts only: names, order, counts, choices and forms. What the schemas say twice stands once.
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate FOLDER > tables.txt")
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	err := generate(out, os.Args[1])
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
