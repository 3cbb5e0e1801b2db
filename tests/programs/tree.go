// Makes, lists, renames and removes files beneath the directory that its argument names, and prints
// what came of it: the same natively and as WASI.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

func check(what string, err error) { fmt.Println(what+":", err) }

func list(top string) {
	filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(top, path)
		fmt.Println(" ", name, entry.IsDir())
		return nil
	})
}

func main() {
	top := filepath.Join(os.Args[1], "tree")
	check("mkdirall", os.MkdirAll(filepath.Join(top, "a", "b"), 0o755))
	for _, name := range []string{"a/f", "a/b/g", "h"} {
		check(name, os.WriteFile(filepath.Join(top, name), []byte(strings.Repeat(name, 1000)), 0o644))
	}
	check("rename", os.Rename(filepath.Join(top, "h"), filepath.Join(top, "a", "i")))
	check("symlink", os.Symlink("a/f", filepath.Join(top, "link")))
	list(top)
	root, err := os.OpenRoot(top)
	check("openroot", err)
	file, err := root.Create("made")
	check("create", err)
	fmt.Fprintln(file, "made beneath a root")
	check("close", file.Close())
	_, err = root.Open("../outside")
	fmt.Println("outside:", err != nil)
	check("mkdir", root.Mkdir("sub", 0o755))
	directory, err := root.Open(".")
	check("open", err)
	entries, err := directory.ReadDir(-1)
	check("readdir", err)
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	sort.Strings(names)
	text, _ := json.Marshal(names)
	fmt.Println(string(text))
	content, err := os.ReadFile(filepath.Join(top, "link"))
	fmt.Printf("%x %v\n", sha256.Sum256(content), err)
	check("removeall", os.RemoveAll(top))
	_, err = os.Stat(top)
	fmt.Println("gone:", os.IsNotExist(err))
}
