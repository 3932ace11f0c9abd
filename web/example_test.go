package web_test

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"plimsoll/web"
)

// The pages of an empty folder, on a free port of loopback.
func Example() {
	dir, err := os.MkdirTemp("", "runs-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	site, err := web.New(web.Config{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer site.Close()
	ctx, cancel := context.WithCancel(context.Background())
	l, err := site.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		cancel()
		return
	}
	ended := make(chan error, 1)
	go func() { ended <- site.Serve(ctx, l) }()
	resp, err := http.Get("http://" + l.Addr().String() + "/")
	if err == nil {
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	cancel()
	fmt.Println(<-ended)
	// Output:
	// 200 OK
	// <nil>
}
