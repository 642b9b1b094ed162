/* network.h - messages over links: delay, jitter, loss, bandwidth, partition; TCP connect, reset
 * and silence. A link is a component ("link@DC01-DC03", one for each direction; "link@DC01-DC01" is
 * the LAN), so faults on links are faults like others: `down` cuts that direction, loss_ratio,
 * delay_added and jitter_added add up. Sources: reference network 1-3 (TCP), 5-7 (delays, jitter,
 * loss), 9 (ports). An HTTP message beyond the first window takes the rounds of slow start. Left
 * out: order within a connection beyond one message, and windows of what databases say to each
 * other over connections that are never idle. */
#pragma once

#include "sim/world/component.h"
#include "sim/world/tcp.h"

/* The one vocabulary of messages; a kind that needs a word nobody has adds a row. */
typedef enum MessageOp {
    MESSAGE_RESOLVE,   /* a name to addresses */
    MESSAGE_HTTP,      /* a request of a user, or of a health checker */
    MESSAGE_READ,      /* a statement that reads */
    MESSAGE_WRITE,     /* a statement that writes */
    MESSAGE_REPLICA,   /* between database nodes; `code` says what */
    MESSAGE_GOSSIP,    /* membership and liveness */
    MESSAGE_PUBLISH,   /* to a broker */
    MESSAGE_DELIVER,   /* from a broker */
    MESSAGE_HEARTBEAT, /* I live */
    MESSAGE_NOTICE,    /* a change that the receiver should know: record changed, health changed */
    MESSAGE_CLOSE,     /* the sender's end of `connection` is closed (FIN) */
} MessageOp;

/* "resolve", "http", "read" ... */
const char *network_op_word(MessageOp op);

/* Flags of MESSAGE_HTTP. */
enum {
    HTTP_WRITE = 1,        /* changes the datum `key`; otherwise it reads it */
    HTTP_HEALTH = 2,       /* a health path that the application answers */
    HTTP_SHALLOW = 4,      /* a health path that the web server answers by itself */
    HTTP_CLOSE = 8,        /* the connection is not kept after the answer */
    HTTP_TLS_FULL = 16,    /* first on a connection with a full TLS handshake: costs CPU */
    HTTP_TLS_RESUMED = 32, /* first on a connection with a resumed one */
    HTTP_EXPECT = 64,      /* only its head, "Expect: 100-continue": 100 when somebody takes it */
    HTTP_PING = 128,       /* AJP CPING: answered by who reads from the network */
    /* What a change of the datum is, beside HTTP_WRITE; none of them: a new value. */
    HTTP_DELETE = 256,
    HTTP_CAS = 512,      /* a new value only if it is still the one that was read before */
    HTTP_BATCH = 1024,   /* new values of several data, all or none */
    HTTP_COUNTER = 2048, /* one more */
    HTTP_REFUSED = 4096, /* of an answer: the datum had changed, nothing was written */
    HTTP_UPDATE = 8192,  /* a new value made of the one that was read before; the answer to it and
                            to HTTP_CAS carries that one's version in `detail` */
};

#define HTTP_CHANGES (HTTP_DELETE | HTTP_CAS | HTTP_BATCH | HTTP_COUNTER | HTTP_UPDATE)

/* Flags of MESSAGE_WRITE; none: a new value. */
enum {
    STORE_DELETE = 1,
    STORE_CAS = 2,      /* only if the row's version is still `detail` (LWT, IF) */
    STORE_BATCH = 4,    /* logged: of `key` and the `count` - 1 data after it */
    STORE_COUNTER = 8,  /* adds one */
    STORE_LOCAL = 16,   /* of a CAS: its condition holds at LOCAL_SERIAL, otherwise at SERIAL */
    STORE_REFUSED = 32, /* of an answer: the condition of a CAS did not hold; `version` is the
                           row's */
    STORE_NO_DATA = 64, /* of an answer that a read timed out: as many replicas as it needed had
                           answered, none with the data */
    STORE_NO_LOG = 128, /* of an answer that a batch timed out: its log was not written */
};

/* Levels of MESSAGE_READ and MESSAGE_WRITE (Cassandra 3.11, ConsistencyLevel). */
typedef enum Consistency {
    CONSISTENCY_DEFAULT, /* what the asked tier is configured with */
    CONSISTENCY_ANY,
    CONSISTENCY_ONE,
    CONSISTENCY_TWO,
    CONSISTENCY_THREE,
    CONSISTENCY_QUORUM,
    CONSISTENCY_ALL,
    CONSISTENCY_LOCAL_ONE,
    CONSISTENCY_LOCAL_QUORUM,
    CONSISTENCY_EACH_QUORUM,
    CONSISTENCY_SERIAL, /* these two: of reads, and of the condition of a CAS */
    CONSISTENCY_LOCAL_SERIAL,
} Consistency;

/* Codes of an answer to MESSAGE_READ and MESSAGE_WRITE. */
enum {
    STORE_OK,
    STORE_UNAVAILABLE,
    STORE_TIMEOUT,
    STORE_FAILURE,
    STORE_OVERLOADED,
    STORE_INVALID, /* the statement names what the store does not know */
};

/* Codes of an answer to MESSAGE_RESOLVE (RFC 1035, 2308). No error and no address is NODATA. */
enum { DNS_NOERROR = 0, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3 };

typedef enum Transport {
    TRANSPORT_TCP, /* lost packets come later: retransmission after the round trip and 200 ms, then
                      doubling (tcp_retransmit_wait), until `patience` is over */
    TRANSPORT_UDP, /* lost packets are lost */
} Transport;

/* Names the call that a request belongs to; what a callee keeps in order to answer. Zeroed: no
 * call. */
typedef struct CallTicket {
    Component *caller;
    void *call;
    uint32_t generation;
    float access_loss;    /* share lost per direction in the caller's access network */
    SimSpan access_delay; /* one way, in the caller's access network */
} CallTicket;

#define MESSAGE_ADDRESSES 8
#define MESSAGE_POPULATION_BITS 24 /* a request's first bits say which population's it is */

/* What travels, for all kinds. Kinds fill what their word needs; the rest is zero. Plain data: no
 * member owns memory. */
struct Message {
    MessageOp op;
    Transport transport;
    uint32_t size_bytes;
    uint32_t code;    /* HTTP status, DNS rcode, or the kind's own word */
    uint32_t count;   /* statements wanted, acknowledgements, addresses; of an HTTP answer: requests
                         that its connection may carry in all, 0: any number; of a question of a
                         user's   request: which try of it */
    uint32_t flags;   /* the kind's own */
    uint64_t request; /* id of the user's request, for traces; 0: none */
    uint64_t key;     /* which datum */
    int64_t version;  /* its version (version.h); 0: never written; of a statement that writes: what
                         its sender stamped it with, 0: the store stamps it */
    uint64_t detail;  /* the kind's own */
    const void *subject; /* the kind's own: something that outlives the message (a name, a zone
                            record, a pooled item) */
    union {
        int consistency;     /* level of a read or write */
        uint32_t connection; /* of HTTP and of a close: which one, by its server's number; 0: one
                                that nobody keeps account of */
    };
    uint32_t peer_incarnation; /* over an old connection: life of the peer it was opened with; 0: do
                                  not check */
    SimSpan
        access_delay;   /* one way, of the sender's access network; carried back with the answer */
    double access_loss; /* share lost there per direction; likewise */
    SimSpan time_to_live; /* of an answer; over HTTP: how long the sender keeps the connection when
                             it is idle, 0: not said */
    SimSpan
        patience; /* TCP retransmission gives up after this; 0: 924.6 s (Linux tcp_retries2 = 15) */
    uint32_t addresses[MESSAGE_ADDRESSES]; /* IPv4, host byte order, `count` of them */
    Component *from;                       /* set by the network */
    CallTicket ticket;                     /* set by call.c */
};

/* What tells this question of a user's request from all others, whoever else is in the world:
 * number of the request in its population (`request` without the population's), session (`detail`),
 * word and try (`count`). For draws that are the request's own (rng_of_one). 0: it belongs to
 * nobody. */
static inline uint64_t message_luck(const Message *message)
{
    return message->request != 0
               ? rng_fold(message->detail ^ message->request << MESSAGE_POPULATION_BITS,
                          (uint64_t)message->op << 32 | message->count)
               : 0;
}

/* Sends a copy of `message`; it arrives as on_message, or not at all. Both on one host: over the
 * loopback, whatever the network does. A component without a site is near everybody: its way is the
 * other side's LAN without a link. */
void network_send(Component *from, Component *to, const Message *message);

/* When a message of this size sent now over TCP would arrive, or SIM_NEVER when the way is cut now
 * or nothing gets through (draws like a real one): for acknowledgements that a sender's peer only
 * counts, so that they need no event each. The asker must still check that both sides lived at that
 * instant. */
SimTime network_arrival(Component *from, Component *to, uint32_t size_bytes);

/* Mean one-way delay from one site to another, without jitter, faults and access network; SIM_NEVER
 * when there is no link. */
SimSpan network_base_delay(const World *world, const Site *from, const Site *to);

/* The link from one site to another (the LAN when both are the same), or NULL. */
Component *network_link(const World *world, const Site *from, const Site *to);

/* The two ends of a link. */
const Site *network_link_from(const Component *link);
const Site *network_link_to(const Component *link);

extern const Kind link_kind; /* scope KIND_PART; fields: rtt, asymmetry, loss, jitter, rate, ... */

/* Makes the link of one direction with `settings` for link_kind. */
Component *network_add_link(World *world, Site *from, Site *to, const cJSON *settings,
                            DiagList *diags);

/* Told of every message that arrives, before it is handed over: for traces. One watcher; NULL:
 * nobody. */
typedef void NetworkWatch(void *context, SimTime time, const Component *to, const Message *message);
void network_watch(World *world, NetworkWatch *watch, void *context);

typedef enum ConnectOutcome {
    CONNECTED,
    CONNECT_REFUSED,     /* RST: host alive, nobody listens */
    CONNECT_TIMEOUT,     /* silence until the limit */
    CONNECT_UNREACHABLE, /* no such address */
} ConnectOutcome;

/* `peer` is the component that accepted, NULL otherwise; `connection` the number that it gave to
 * the connection, which messages over it carry, 0: it keeps no account. */
typedef void ConnectDone(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                         uint32_t connection);

/* Opens a TCP connection to port `port` of `address`: SYN at once and again when the kernel of its
 * host does it (network 2; Linux before 6.5 for who has none). `done` is called exactly once,
 * unless `self` stops first. `access_delay` is one way, `access_loss` the share lost per direction.
 */
void network_connect(Component *self, uint32_t address, uint16_t port, SimSpan timeout,
                     SimSpan access_delay, double access_loss, ConnectDone *done, void *context);

/* The same as whoever opens it does it. */
typedef struct ConnectManner {
    TcpStack stack; /* decides when SYNs are sent again and when the kernel gives up */
    SimSpan access_delay;
    double access_loss;
    uint64_t luck; /* numbers it among all that cross access networks (its packets' losses do not
                      depend on what others send then); 0: nobody's */
} ConnectManner;
void network_connect_as(Component *self, const ConnectManner *manner, uint32_t address,
                        uint16_t port, SimSpan timeout, ConnectDone *done, void *context);

/* The same to a component whose address is known (inside a site). */
void network_connect_to(Component *self, Component *peer, SimSpan timeout, ConnectDone *done,
                        void *context);

/* Closes one: `peer` hears MESSAGE_CLOSE about `number`, unless that is 0 or it lives no more. */
void network_close(Component *self, Component *peer, uint32_t number, SimSpan access_delay,
                   double access_loss);
