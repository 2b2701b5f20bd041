package handlers

import (
	"sync"
	"sync/atomic"
	"testing"
)

// A picture takes a while to draw, and everybody who comes meanwhile waits for
// the one that is being drawn.
func TestWhatManyAskForAtOnceIsRenderedOnce(t *testing.T) {
	var pages readyPages
	of := rendering{etag: `"a"`, minute: 7}
	var rendered atomic.Int64
	began, finish := make(chan struct{}), make(chan struct{})
	render := func() ([]byte, error) {
		if rendered.Add(1) == 1 {
			close(began)
		}
		<-finish
		return []byte("drawn"), nil
	}
	var asking sync.WaitGroup
	ask := func() {
		asking.Go(func() {
			page, err := pages.make("share.png", pngPicture, of, render)
			if err != nil || string(page.plain) != "drawn" {
				t.Errorf("%v, %v", page, err)
			}
		})
	}
	ask()
	<-began
	for range 50 {
		ask()
	}
	close(finish)
	asking.Wait()
	if n := rendered.Load(); n != 1 {
		t.Errorf("rendered %d times", n)
	}
	of.etag = `"b"`
	if page := pages.find("share.png", of); page != nil {
		t.Error("after a change the old one is still given out")
	}
}
