// What MarketStore's Go client does: subscribes and takes the first message for the answer, which must
// hold its own list (c12), then receives; re-subscribes on a new connection and on the same one.
//
//	client URL [CA]     prints what it waits for and receives; test_clients.py publishes
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/vmihailenco/msgpack"
)

type subscribeMessage struct {
	Streams []string `msgpack:"streams"`
}

type payload struct {
	Key  string      `msgpack:"key"`
	Data interface{} `msgpack:"data"`
}

type errorMessage struct {
	Error string `msgpack:"error"`
}

type client struct{ conn *websocket.Conn }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func connect(url, ca string) client {
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		check(err)
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		dialer.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	conn, _, err := dialer.Dial(url+"/ws", nil)
	check(err)
	return client{conn}
}

func (c client) read(message interface{}) {
	check(c.conn.SetReadDeadline(time.Now().Add(60 * time.Second)))
	kind, buf, err := c.conn.ReadMessage()
	check(err)
	if kind != websocket.BinaryMessage {
		log.Fatalf("a message of type %d", kind)
	}
	check(msgpack.Unmarshal(buf, message))
}

func (c client) request(streams []string) {
	buf, err := msgpack.Marshal(subscribeMessage{Streams: streams})
	check(err)
	check(c.conn.WriteMessage(websocket.BinaryMessage, buf))
}

func (c client) subscribe(streams ...string) {
	c.request(streams)
	var answer subscribeMessage
	c.read(&answer)
	if len(answer.Streams) != len(streams) {
		log.Fatalf("answered %v to %v", answer.Streams, streams)
	}
	for i := range streams {
		if !strings.EqualFold(answer.Streams[i], streams[i]) {
			log.Fatalf("answered %v to %v", answer.Streams, streams)
		}
	}
	fmt.Println("subscribed", strings.Join(streams, " "))
}

func (c client) receive(count int) {
	for i := 0; i < count; i++ {
		var p payload
		c.read(&p)
		fmt.Println("received", p.Key, p.Data.(map[string]interface{})["n"])
	}
}

func main() {
	ca := ""
	if len(os.Args) > 2 {
		ca = os.Args[2]
	}
	c := connect(os.Args[1], ca)
	c.subscribe("AAPL/1Min/OHLCV", "MSFT/*/*")
	c.receive(2)
	c.subscribe("*/Tick/TRADE")
	c.receive(1)
	c.request([]string{"AAPL/1Min"})
	var e errorMessage
	c.read(&e)
	fmt.Println("error", e.Error)
	c.receive(1)
	check(c.conn.WriteMessage(websocket.CloseMessage,
		websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")))
	_, _, err := c.conn.ReadMessage()
	if closed, ok := err.(*websocket.CloseError); ok {
		fmt.Println("closed", closed.Code)
	} else {
		log.Fatal(err)
	}
}
