package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var (
	seed    = flag.Uint64("seed", 0, "the seed of what is chosen at random; 0 chooses one")
	screens = flag.String("screens", "", "write pictures of the pages into this folder")
	sample  = flag.Int("sample", 300, "how many gifts stand behind the pictures")

	lighthouse = flag.Bool("lighthouse", false, "measure the pages with Lighthouse")
)

// What all tests share: the program, a browser in which each tab is a reader of
// its own, and the documents they were served.
var (
	appeal  string
	readers context.Context
	served  specimens
)

func TestMain(m *testing.M) {
	flag.Parse()
	status, err := prepared(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		status = 1
	}
	os.Exit(status)
}

// prepared builds the program, starts the browser, runs the tests, and has what
// they were served checked.
func prepared(run func() int) (status int, err error) {
	path, err := findBrowser()
	if err != nil {
		return 0, err
	}
	folder, err := os.MkdirTemp("", "appeal-browser")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	appeal = filepath.Join(folder, "appeal")
	// Without symbols, as it ships: they are most of what linking costs.
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", appeal, "./cmd/appeal")
	build.Dir = filepath.Join("..", "..")
	if said, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build appeal: %w\n%s", err, said)
	}
	if err := installChecks(); err != nil {
		return 0, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("no-pings", true),
		// What chromedp turns off, and the process that Chromium keeps ready
		// beside each tab, for a page that no test opens.
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,SpareRendererForSitePerProcess"),
		chromedp.UserDataDir(filepath.Join(folder, "profile")))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	browser, closeBrowser := chromedp.NewContext(allocated)
	defer closeBrowser()
	if err := chromedp.Do(browser); err != nil {
		return 0, fmt.Errorf("start %s: %w", path, err)
	}
	readers = browser
	served.folder = filepath.Join(folder, "served")
	if err := os.Mkdir(served.folder, 0o700); err != nil {
		return 0, err
	}
	status = run()
	return status, served.valid()
}

func findBrowser() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium is installed, and without one nothing here can be tested: apt-get install chromium")
}
