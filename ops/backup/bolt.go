package backup

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// A store of bbolt has two meta pages, written in turn, each behind the header of its page; the one with the greater
// transaction and a right sum says where the tree begins. The next transaction writes nothing over what that tree
// reaches; the one behind it may. So a copy is whole if the meta page is the same before and after, whatever was being
// written meanwhile.
const (
	boltMagic   = 0xED0CDAED
	boltHeader  = 16 // bytes of a page before its meta
	boltSummed  = 56 // bytes of a meta before its sum
	boltMeta    = boltSummed + 8
	boltTx      = 48 // where its transaction stands
	boltPageAt  = 8  // where its page size stands
	largestPage = 64 << 10
)

// meta is a meta page of a store.
type meta struct {
	body []byte
	page int64 // bytes of a page
}

func (m *meta) tx() uint64 { return binary.LittleEndian.Uint64(m.body[boltTx:]) }

// metaAt reads the meta page at an offset; nil where there is none that is whole.
func metaAt(f io.ReaderAt, offset int64) (*meta, error) {
	page := make([]byte, boltHeader+boltMeta)
	if _, err := f.ReadAt(page, offset); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	body := page[boltHeader:]
	sum := fnv.New64a()
	sum.Write(body[:boltSummed])
	size := binary.LittleEndian.Uint32(body[boltPageAt:])
	if binary.LittleEndian.Uint32(body) != boltMagic || sum.Sum64() != binary.LittleEndian.Uint64(body[boltSummed:]) ||
		size < 512 || size > largestPage {
		return nil, nil
	}
	return &meta{body: body, page: int64(size)}, nil
}

// newest returns the meta page by which a store is read; nil of a file that is no store. Where the first one is not
// whole, the second stands behind a page of a size that programs have.
func newest(f io.ReaderAt) (*meta, error) {
	first, err := metaAt(f, 0)
	if err != nil {
		return nil, err
	}
	found := first
	for size := int64(1024); size <= largestPage; size *= 2 {
		if first != nil && first.page != size {
			continue
		}
		second, err := metaAt(f, size)
		if err != nil {
			return nil, err
		}
		if second != nil && second.page == size && (found == nil || second.tx() > found.tx()) {
			found = second
		}
	}
	return found, nil
}

// settle tells whether nothing that the meta page reaches was written over while the store was copied, and then has
// the copy begin with it.
func (m *meta) settle(from io.ReaderAt, to *os.File) (steady bool, err error) {
	after, err := newest(from)
	if err != nil || after == nil || !bytes.Equal(after.body, m.body) {
		return false, err
	}
	for page := range int64(2) {
		if _, err := to.WriteAt(m.body, page*m.page+boltHeader); err != nil {
			return false, err
		}
	}
	return true, to.Sync()
}

// checkStore holds a store against its own structure.
func checkStore(file string) (err error) {
	db, err := bolt.Open(file, 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return fmt.Errorf("backup: store %s: %w", filepath.Base(file), err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.View(func(tx *bolt.Tx) error {
		for broken := range tx.Check() {
			err = errors.Join(err, broken)
		}
		if err != nil {
			return fmt.Errorf("backup: store %s: %w", filepath.Base(file), err)
		}
		return nil
	})
}
