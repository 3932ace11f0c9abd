package power

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bougou/go-ipmi/pkg/bmc"
	"github.com/bougou/go-ipmi/pkg/clock"
	"github.com/bougou/go-ipmi/pkg/hal/mock"
	"github.com/bougou/go-ipmi/pkg/handlers"
	"github.com/bougou/go-ipmi/pkg/server"
	"github.com/bougou/go-ipmi/pkg/transport/udp"
	"github.com/bougou/go-ipmi/pkg/types"
)

// referenceBMC starts the IPMI library's reference BMC with a DCMI power meter in
// front of it, and returns its address. The meter's answer is laid out here by hand
// from the DCMI 1.5 specification, table 6-16.
func referenceBMC(t *testing.T, watts func() uint16, active bool) string {
	t.Helper()
	b := bmc.New(bmc.DeviceInfo{DeviceID: 32, IPMIVersion: 0x20}, [16]byte{1}, mock.New(), bmc.WithClock(clock.Real))
	user, err := b.Users.Add(2, "reader")
	if err != nil {
		t.Fatal(err)
	}
	user.SetPassword([]byte("canary"))
	user.Enabled = true
	user.ChannelAccess[1] = bmc.UserChannelAccess{MaxPrivilege: bmc.PrivilegeLevelUser, Enabled: true}
	registry := handlers.NewRegistry()
	handlers.RegisterAllHandlers(registry)
	registry.Register(types.CommandGetDCMIPowerReading, handlers.HandlerFunc(func(_ context.Context, _ *handlers.HandlerContext, req []byte) ([]byte, types.CompletionCode, error) {
		if len(req) < 4 || req[0] != 0xdc || req[1] != 1 {
			return nil, types.CodeInvalidCommand, nil
		}
		answer := []byte{0xdc}
		w := watts()
		for _, v := range []uint16{w, w - 100, w + 100, w} {
			answer = binary.LittleEndian.AppendUint16(answer, v)
		}
		answer = binary.LittleEndian.AppendUint32(answer, 1_780_000_000)
		answer = binary.LittleEndian.AppendUint32(answer, 60_000)
		state := byte(0)
		if active {
			state = 1 << 6
		}
		return append(answer, state), types.CodeOK, nil
	}))
	conn, err := udp.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := server.NewServer(b, conn, server.WithHandlerRegistry(registry))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		srv.Serve(ctx)
	}()
	t.Cleanup(func() {
		stop()
		srv.Close()
		<-done
	})
	return conn.LocalAddr().String()
}

func TestIPMI(t *testing.T) {
	var n atomic.Int32
	address := referenceBMC(t, func() uint16 { return uint16(7000 + n.Add(1)) }, true)
	got := readings(t, "ipmi:"+address+login, Config{Getenv: secrets, Period: 20 * time.Millisecond}, 3)
	if len(got) < 3 || got[0].Device != "bmc" || got[0].Watts != 7001 || got[1].Watts != 7002 {
		t.Fatalf("%+v", got)
	}
}

func TestIPMITrouble(t *testing.T) {
	on := func() uint16 { return 700 }
	for _, tt := range []struct{ address, env, want string }{
		{referenceBMC(t, on, false), "canary", "not active"},
		{referenceBMC(t, func() uint16 { return 0 }, true), "canary", "0 W"},
		{referenceBMC(t, on, true), "wrong", "IPMI session"},
		{"127.0.0.1:1", "canary", "IPMI session"},
	} {
		r := open(t, "ipmi:"+tt.address+login, Config{Timeout: 2 * time.Second, Getenv: func(name string) string {
			if name == "P" {
				return tt.env
			}
			return "reader"
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
		_, err := r.read(ctx)
		cancel()
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(fmt.Sprint(err), tt.env) {
			t.Errorf("%s: %v, want %q", tt.address, err, tt.want)
		}
	}
	for _, text := range []string{"ipmi:", "ipmi:192.0.2.1", "ipmi:192.0.2.1:x" + login} {
		if _, err := New(spec(t, text), Config{Getenv: secrets}); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}
