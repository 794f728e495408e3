// A stand-in for MarketStore's stream server on the same libraries: /ws as its frontend/stream package
// behaves (decode a subscribe request, compile its globs, echo the bytes, deliver what matches). It
// prints its address, then pushes each line of standard input, "KEY JSON", and ends with it.
//
//	marketstore [CERT KEY]      with a certificate it speaks wss; LISTEN in the environment is its
//	                            address, a free port of loopback without it
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/gobwas/glob"
	"github.com/gorilla/websocket"
	"github.com/vmihailenco/msgpack"
)

type subscribeMessage struct {
	Streams []string `msgpack:"streams"`
}

type errorMessage struct {
	Error string `msgpack:"error"`
}

type payload struct {
	Key  string      `msgpack:"key"`
	Data interface{} `msgpack:"data"`
}

type subscriber struct {
	sync.Mutex // of the connection and of the set
	conn       *websocket.Conn
	globs      []glob.Glob
}

type catalog struct {
	sync.Mutex
	subscribers map[*subscriber]bool
}

// subscribe answers one message: nothing, an error or its echo.
func (s *subscriber) subscribe(buf []byte) {
	var request subscribeMessage
	if err := msgpack.Unmarshal(buf, &request); err != nil {
		return
	}
	globs := []glob.Glob{}
	for _, stream := range request.Streams {
		if len(strings.Split(stream, "/")) != 3 {
			s.reply(errorMessage{Error: stream + " is an invalid stream"})
			return
		}
		if compiled, err := glob.Compile(stream, '/'); err == nil {
			globs = append(globs, compiled)
		}
	}
	s.Lock()
	defer s.Unlock()
	if len(request.Streams) > 0 {
		s.globs = globs
	}
	s.conn.WriteMessage(websocket.BinaryMessage, buf)
}

func (s *subscriber) reply(message interface{}) {
	buf, _ := msgpack.Marshal(message)
	s.Lock()
	defer s.Unlock()
	s.conn.WriteMessage(websocket.BinaryMessage, buf)
}

func (s *subscriber) push(key string, buf []byte) {
	s.Lock()
	defer s.Unlock()
	for _, g := range s.globs {
		if g.Match(key) {
			s.conn.WriteMessage(websocket.BinaryMessage, buf)
			return
		}
	}
}

func (c *catalog) serve(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	s := &subscriber{conn: conn}
	c.Lock()
	c.subscribers[s] = true
	c.Unlock()
	for {
		_, buf, err := conn.ReadMessage()
		if err != nil {
			break
		}
		s.subscribe(buf)
	}
	c.Lock()
	delete(c.subscribers, s)
	c.Unlock()
}

func (c *catalog) push(key string, text string) {
	var data interface{}
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		log.Fatal(err)
	}
	buf, err := msgpack.Marshal(payload{Key: key, Data: data})
	if err != nil {
		log.Fatal(err)
	}
	c.Lock()
	defer c.Unlock()
	for s := range c.subscribers {
		s.push(key, buf)
	}
}

func main() {
	c := &catalog{subscribers: map[*subscriber]bool{}}
	http.HandleFunc("/ws", c.serve)
	address := os.Getenv("LISTEN")
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		if len(os.Args) > 2 {
			log.Fatal(http.ServeTLS(listener, nil, os.Args[1], os.Args[2]))
		}
		log.Fatal(http.Serve(listener, nil))
	}()
	fmt.Println(listener.Addr())
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if key, text, found := strings.Cut(lines.Text(), " "); found {
			c.push(key, text)
		}
	}
}
