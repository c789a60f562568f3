/* The walk over packets, compiled: what sweep/captures and sweep/wifi say in Python, once more and faster.
 *
 * Each function reads `data` inside of `size` only, allocates nothing and keeps nothing. The Python beside it is what it
 * has to equal, column for column: tests/captures/test_kernel.py holds them together. The clock of bursts is looked for in
 * kernel_clock.c, the marks of a window of a flow are measured in kernel_marks.c. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SHA-256 of all of kernel*.[ch], given by the compiler's command line: a library of another source is not used. */
const char *const KERNEL_SOURCE = SOURCE_SHA256;

#define NO_ADDRESS UINT64_MAX
#define ADDRESS_MASK ((UINT64_C(1) << 48) - 1)
#define GROUP_BIT (UINT64_C(1) << 40)
#define NO_LEVEL (-32768)
#define MAX_PRESENT_WORDS 16
#define SHORTEST 10
#define AHEAD 4096 /* octets that are fetched before the walk comes to them */
#define LINE 64

enum { MANAGEMENT, CONTROL, DATA, EXTENSION };
enum { TO_DS = 1, FROM_DS = 2, PROTECTED = 0x40, ORDER = 0x80, EXTENDED_IV = 0x20 };
enum { UNREAD = -1, UNPROTECTED = -2, PROTECTED_OTHERWISE = -3 }; /* in the place of a packet number */

static uint16_t u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t u32(const uint8_t *at, bool is_big)
{
    if (is_big)
        return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static uint64_t address(const uint8_t *at)
{
    return (uint64_t)at[0] << 40 | (uint64_t)at[1] << 32 | (uint64_t)at[2] << 24 | (uint64_t)at[3] << 16 |
           (uint64_t)at[4] << 8 | at[5];
}

/* Records of a pcap file: seconds, fraction, captured, original (u32 each), then `captured` octets. Fills one row a whole
 * record and returns how many; `used` is where the next one begins. `fault` is 1 where that one is longer than `longest`,
 * 2 where it is all zeros, else 0. At most `room` rows. */
int64_t walk_pcap(const uint8_t *data, int64_t size, int32_t is_big, int64_t longest, int64_t fraction_ns, int64_t room,
                  int64_t *start, int64_t *captured, int64_t *original, int64_t *t_ns, int64_t *used, int32_t *fault)
{
    int64_t count = 0, at = 0, last = 0;
    *fault = 0;
    while (count < room && size - at >= 16) {
        const uint8_t *record = data + at;
        for (int64_t line = at + AHEAD; line < at + AHEAD + 2048 && line < size && line < at + AHEAD + last;
             line += LINE)
            __builtin_prefetch(data + line);
        uint32_t seconds = u32(record, is_big), fraction = u32(record + 4, is_big);
        uint32_t octets = u32(record + 8, is_big), on_air = u32(record + 12, is_big);
        if (octets > longest)
            *fault = 1;
        else if ((seconds | fraction | octets | on_air) == 0)
            *fault = 2;
        if (*fault || size - at - 16 < (int64_t)octets)
            break;
        start[count] = at + 16;
        captured[count] = octets;
        original[count] = on_air;
        t_ns[count] = (int64_t)seconds * 1000000000 + (int64_t)fraction * fraction_ns;
        count++;
        last = 16 + (int64_t)octets;
        at += last;
    }
    *used = at;
    return count;
}

/* Places of the whole enhanced packet blocks (type 6) of a pcapng file that follow each other from `at`; `next` is what
 * comes after them. At most `room`. */
int64_t walk_pcapng(const uint8_t *data, int64_t size, int32_t is_big, int64_t longest, int64_t at, int64_t room,
                    int64_t *places, int64_t *next)
{
    int64_t count = 0;
    while (count < room && size - at >= 12) {
        uint32_t type = u32(data + at, is_big), length = u32(data + at + 4, is_big);
        if (type != 6 || length < 12 || length % 4 || length > longest || size - at < (int64_t)length)
            break;
        places[count++] = at;
        at += length;
    }
    *next = at;
    return count;
}

/* Radiotap fields by bit number: octets and alignment, https://www.radiotap.org/fields/defined */
static const uint8_t FIELDS[28][2] = {
    {8, 8}, {1, 1}, {1, 1}, {4, 2}, {2, 2}, {1, 1}, {1, 1}, {2, 2},  {2, 2},  {2, 2},  {1, 1},  {1, 1}, {1, 1}, {1, 1},
    {2, 2}, {2, 2}, {1, 1}, {1, 1}, {8, 4}, {3, 1}, {8, 4}, {12, 2}, {12, 8}, {12, 2}, {12, 2}, {6, 2}, {1, 1}, {4, 2}};
enum {
    FLAGS = 1,
    CHANNEL = 3,
    SIGNAL = 5,
    RX_FLAGS = 14,
    XCHANNEL = 18,
    NO_PSDU = 26,
    TLV = 28,
    RADIOTAP = 29,
    MORE = 31
};
enum { FCS_AT_END = 0x10, BAD_FCS = 0x40, BAD_PLCP = 2 };

struct layout {
    uint32_t words[MAX_PRESENT_WORDS];
    int count;
    int flags, channel, signal, rx_flags, no_psdu, end; /* offsets, -1 where absent */
};

/* Places of the fields for the present words in `to`. */
static void lay_out(struct layout *to)
{
    int found[28], offset = 4 + 4 * to->count;
    for (int bit = 0; bit < 28; bit++)
        found[bit] = -1;
    for (int number = 0; number < to->count; number++) {
        uint32_t word = to->words[number];
        for (int bit = 0; bit < 28; bit++) {
            if (word >> bit & 1) {
                int alignment = FIELDS[bit][1];
                offset = (offset + alignment - 1) / alignment * alignment;
                if (found[bit] < 0)
                    found[bit] = offset;
                offset += FIELDS[bit][0];
            }
        }
        if (word >> TLV & 1 || !(word >> RADIOTAP & 1))
            break;
    }
    to->flags = found[FLAGS];
    to->channel = found[CHANNEL] < 0 && found[XCHANNEL] >= 0 ? found[XCHANNEL] + 4 : found[CHANNEL];
    to->signal = found[SIGNAL];
    to->rx_flags = found[RX_FLAGS];
    to->no_psdu = found[NO_PSDU];
    to->end = offset;
}

/* The layout of a header, kept from the last one where the present words are the same. */
static void find_layout(const uint8_t *header, int header_len, struct layout *known)
{
    int count = 0;
    bool is_known = known->count > 0;
    uint32_t word;
    do {
        word = u32(header + 4 + 4 * count, false);
        is_known = is_known && count < known->count && known->words[count] == word;
        known->words[count++] = word;
    } while (word >> MORE & 1 && count < MAX_PRESENT_WORDS && header_len >= 8 + 4 * count);
    if (is_known && count == known->count)
        return;
    known->count = count;
    lay_out(known);
}

/* One row a frame; the same columns as Dot11Frames. */
struct columns {
    int64_t *t_ns;
    uint8_t *kind, *subtype, *flags;
    int32_t *frame_len;
    int16_t *rssi_dbm;
    int32_t *channel_mhz;
    uint64_t *ra, *ta, *sa, *da, *bssid;
    int32_t *sequence_control;
    int8_t *tid;
    int64_t *start;
    int32_t *captured, *packet_number;
};

/* Why a packet gives no row; the names stand in sweep/wifi/frames/dot11.py in this order. */
enum {
    USABLE,
    SHORT_RADIOTAP,
    BAD_RADIOTAP,
    CUT_RADIOTAP,
    FAILED_FCS,
    FAILED_PLCP,
    WITHOUT_PSDU,
    SHORT_HEADER,
    BAD_PROTOCOL_VERSION,
    RESERVED_TYPE,
    GROUP_TRANSMITTER,
    NULL_TRANSMITTER,
    REASONS
};

struct radio {
    int64_t start, captured, frame_len;
    int16_t rssi_dbm;
    int32_t channel_mhz;
};

static int read_radiotap(const uint8_t *packet, struct radio *radio, struct layout *layout)
{
    if (radio->captured < 8)
        return SHORT_RADIOTAP;
    int header_len = u16(packet + 2);
    if (packet[0] != 0 || header_len < 8 || header_len > radio->captured)
        return BAD_RADIOTAP;
    find_layout(packet, header_len, layout);
    if (layout->end > header_len)
        return CUT_RADIOTAP;
    uint8_t flags = layout->flags < 0 ? 0 : packet[layout->flags];
    if (flags & BAD_FCS)
        return FAILED_FCS;
    if (layout->rx_flags >= 0 && packet[layout->rx_flags] & BAD_PLCP)
        return FAILED_PLCP;
    if (layout->no_psdu >= 0)
        return WITHOUT_PSDU;
    if (layout->signal >= 0)
        radio->rssi_dbm = (int8_t)packet[layout->signal];
    if (layout->channel >= 0)
        radio->channel_mhz = u16(packet + layout->channel);
    radio->start += header_len;
    radio->captured -= header_len;
    radio->frame_len -= header_len + (flags & FCS_AT_END ? 4 : 0);
    return USABLE;
}

static bool is_one_of(unsigned subtype, unsigned subtypes)
{
    return subtypes >> subtype & 1;
}

/* The lower three octets of the packet number of CCMP or GCMP (IEEE 802.11-2020, 12.5.3.2), behind the QoS Control and
 * HT Control; else what there is instead. */
static int32_t read_packet_number(const uint8_t *head, int64_t captured)
{
    unsigned subtype = head[0] >> 4, flags = head[1];
    if ((head[0] >> 2 & 3) != DATA || subtype & 4)
        return UNREAD;
    if (!(flags & PROTECTED))
        return UNPROTECTED;
    bool is_qos = subtype & 8;
    int64_t at = ((flags & 3) == 3 ? 30 : 24) + (is_qos ? 2 : 0) + (is_qos && flags & ORDER ? 4 : 0);
    const uint8_t *its = head + at;
    if (captured < at + 4)
        return UNREAD;
    if (!(its[3] & EXTENDED_IV))
        return PROTECTED_OTHERWISE;
    if (captured < at + 8)
        return UNREAD;
    if (its[2])
        return PROTECTED_OTHERWISE;
    return its[0] | its[1] << 8 | its[4] << 16;
}

/* The 802.11 header at `head`, of which `radio->captured` octets are there (IEEE 802.11-2020, 9.3). */
static int read_head(const uint8_t *head, const struct radio *radio, const struct columns *to, int64_t row)
{
    int64_t captured = radio->captured;
    if (captured < SHORTEST)
        return SHORT_HEADER;
    if (head[0] & 3)
        return BAD_PROTOCOL_VERSION;
    unsigned kind = head[0] >> 2 & 3, subtype = head[0] >> 4, low = head[1] & 15;
    bool is_data = kind == DATA, is_three = is_data || kind == MANAGEMENT, is_control = kind == CONTROL;
    bool to_ds = is_data && low & TO_DS, from_ds = is_data && low & FROM_DS, is_both = to_ds && from_ds;
    bool is_beacon_dmg = kind == EXTENSION && subtype == 0, is_extended = is_control && subtype == 6;
    /* Trigger, TACK, BFRP, NDPA, BAR, BA, PS-Poll, RTS; of the extensions Poll, SPR, Grant, CTS, SSW, Feedback, Ack. */
    bool has_ta = is_three || (is_extended ? is_one_of(low, 0x073c) : is_control && is_one_of(subtype, 0x0f3c));
    if (captured < (is_both ? 30 : is_three ? 24 : has_ta ? 16 : SHORTEST))
        return SHORT_HEADER;
    if (kind == EXTENSION && !is_beacon_dmg)
        return RESERVED_TYPE;

    uint64_t first = address(head + 4), second = NO_ADDRESS, third = NO_ADDRESS;
    if (captured >= 16)
        second = address(head + 10);
    if (is_three)
        third = address(head + 16);
    uint64_t ta = is_beacon_dmg ? first : has_ta ? second : NO_ADDRESS;
    if (is_control && ta != NO_ADDRESS)
        ta &= ~GROUP_BIT & ADDRESS_MASK; /* there it signals a bandwidth */
    if (!is_control && ta != NO_ADDRESS && ta & GROUP_BIT)
        return GROUP_TRANSMITTER;
    if (ta == 0)
        return NULL_TRANSMITTER;

    int64_t qos_at = is_data && subtype & 8 ? (is_both ? 30 : 24) : 0;
    bool is_qos = qos_at > 0 && captured > qos_at;
    bool is_aggregate = is_qos && head[qos_at] & 0x80; /* each packet inside has addresses of its own */
    uint64_t sa = is_both ? address(head + 24) : from_ds ? third : is_three ? second : NO_ADDRESS;
    uint64_t da = to_ds ? third : is_three ? first : NO_ADDRESS;
    uint64_t bssid = NO_ADDRESS;
    if (is_beacon_dmg || (is_control && subtype == 10) || (to_ds && !from_ds))
        bssid = first;
    else if ((from_ds && !to_ds) || (is_control && subtype >= 14))
        bssid = second;
    else if (is_three && !is_both)
        bssid = third;
    to->kind[row] = (uint8_t)kind;
    to->subtype[row] = (uint8_t)subtype;
    to->flags[row] = is_extended ? 0 : head[1];
    to->frame_len[row] = radio->frame_len > INT32_MAX ? INT32_MAX : (int32_t)radio->frame_len;
    to->rssi_dbm[row] = radio->rssi_dbm;
    to->channel_mhz[row] = radio->channel_mhz;
    to->ra[row] = first;
    to->ta[row] = ta;
    to->sa[row] = is_aggregate && from_ds ? NO_ADDRESS : sa;
    to->da[row] = is_aggregate && to_ds ? NO_ADDRESS : da;
    to->bssid[row] = bssid;
    to->sequence_control[row] = is_three ? u16(head + 22) : -1;
    to->tid[row] = is_qos ? (int8_t)(head[qos_at] & 15) : -1;
    to->start[row] = radio->start;
    to->captured[row] = (int32_t)captured;
    to->packet_number[row] = read_packet_number(head, captured);
    return USABLE;
}

/* The frames of `count` packets behind radiotap or bare; how many rows were filled, or -1 where a packet does not lie in
 * `data`. `rejected` has REASONS places. */
int64_t read_frames(const uint8_t *data, int64_t size, int32_t is_radiotap, int64_t count, const int64_t *start,
                    const int64_t *captured, const int64_t *original, const int64_t *t_ns, const struct columns *to,
                    int64_t *rejected)
{
    struct layout layout = {.count = 0};
    int64_t row = 0;
    for (int64_t i = 0; i < count; i++) {
        if (start[i] < 0 || captured[i] < 0 || start[i] > size || captured[i] > size - start[i])
            return -1;
        struct radio radio = {start[i], captured[i], original[i], NO_LEVEL, 0};
        int reason = is_radiotap ? read_radiotap(data + start[i], &radio, &layout) : USABLE;
        if (reason == USABLE) {
            int64_t whole = radio.frame_len < 0 ? 0 : radio.frame_len;
            if (radio.captured > whole)
                radio.captured = whole;
            reason = read_head(data + radio.start, &radio, to, row);
        }
        if (reason == USABLE)
            to->t_ns[row++] = t_ns[i];
        else
            rejected[reason]++;
    }
    return row;
}

/* Numbers that bitmaps name, ascending and each once: bit i of the 32 octets of bitmap n, least significant first, names
 * key[n] + i. Keys ascend. Fills `named` where it is not NULL and returns how many there are. */
int64_t spread_bits(const int64_t *key, const uint8_t *bitmaps, int64_t count, int64_t *named)
{
    uint64_t open[4] = {0}; /* what was named from `base` on and not told yet */
    int64_t base = 0, found = 0;
    for (int64_t n = 0; n <= count; n++) {
        uint64_t step = n == count ? 256 : (uint64_t)key[n] - (uint64_t)base;
        for (uint64_t bit = 0; bit < 256 && bit < step; bit += 64) {
            uint64_t told = open[bit / 64];
            if (step - bit < 64)
                told &= (UINT64_C(1) << (step - bit)) - 1;
            for (; told; told &= told - 1) {
                if (named)
                    named[found] = base + (int64_t)bit + __builtin_ctzll(told);
                found++;
            }
        }
        if (n == count)
            break;
        uint64_t whole = step / 64, part = step % 64, moved[8] = {0};
        for (int i = 0; i < 4; i++)
            moved[i] = open[i];
        for (uint64_t i = 0; i < 4; i++) {
            uint64_t low = whole < 4 ? moved[i + whole] : 0, high = whole < 4 ? moved[i + whole + 1] : 0;
            open[i] = part ? low >> part | high << (64 - part) : low;
            for (int octet = 0; octet < 8; octet++)
                open[i] |= (uint64_t)bitmaps[32 * n + 8 * (int64_t)i + octet] << 8 * octet;
        }
        base = key[n];
    }
    return found;
}

/* The frames of `count` that are an RTS (11), a CTS (12) or a Block Ack (9) of the compressed kind, as the columns of
 * ControlFrames. */
struct control_columns {
    int64_t *t_ns;
    uint8_t *subtype;
    uint64_t *sender, *receiver;
    int32_t *duration_us;
    int8_t *tid;
    int32_t *first_sequence;
    uint8_t *bitmap; /* 32 octets each */
};

enum { BLOCK_ACK = 9, RTS = 11, CTS = 12, BITMAP = 32, COMPRESSED = 2 };

/* How many rows were filled, or -1 where a frame does not lie in `data`. */
int64_t read_control(const uint8_t *data, int64_t size, int64_t count, const struct columns *of,
                     const struct control_columns *to)
{
    int64_t row = 0;
    for (int64_t i = 0; i < count; i++) {
        if (of->kind[i] != CONTROL || !is_one_of(of->subtype[i], 1U << BLOCK_ACK | 1U << RTS | 1U << CTS))
            continue;
        bool is_ack = of->subtype[i] == BLOCK_ACK, is_rts = of->subtype[i] == RTS;
        int64_t captured = of->captured[i];
        if (is_ack && captured < 28)
            continue;
        if (of->start[i] < 0 || captured < SHORTEST || captured > size || of->start[i] > size - captured)
            return -1;
        /* Frame Control (2), Duration (2), RA (6), TA (6), BA Control (2), Starting Sequence Control (2), bitmap. */
        const uint8_t *head = data + of->start[i];
        unsigned ba_control = is_ack ? u16(head + 16) : 0, sequence = is_ack ? u16(head + 18) : 0,
                 duration = u16(head + 2);
        if (is_ack && (ba_control >> 1 & 15) != COMPRESSED)
            continue;
        /* Bits 1-2 of the fragment number: 0 means 8 octets, anything else 32 or more. */
        int64_t octets = !is_ack ? 0 : !(sequence & 6) ? 8 : captured - 20 < BITMAP ? captured - 20 : BITMAP;
        for (int64_t n = 0; n < BITMAP; n++)
            to->bitmap[BITMAP * row + n] = n < octets ? head[20 + n] : 0;
        uint64_t ra = of->ra[i] & ~GROUP_BIT & ADDRESS_MASK;
        to->t_ns[row] = of->t_ns[i];
        to->subtype[row] = of->subtype[i];
        to->sender[row] = is_rts ? of->ta[i] : ra;
        to->receiver[row] = is_rts ? ra : is_ack ? of->ta[i] : NO_ADDRESS;
        to->duration_us[row] = duration < 0x8000 ? (int32_t)duration : 0;
        to->tid[row] = is_ack ? (int8_t)(ba_control >> 12) : -1;
        to->first_sequence[row] = is_ack ? (int32_t)(sequence >> 4) : -1;
        row++;
    }
    return row;
}

enum { SLOT_BITS = 16, MOST_VALUES = 1 << 15 };

/* Number the values as they come: `place` is the number of each, `distinct` has room for MOST_VALUES of them. How many, or
 * -1 where there are more, or where they were chosen to meet in few of the `slots`, which are 2^SLOT_BITS zeros. */
int64_t number_values(const uint64_t *values, int64_t count, int32_t *slots, uint64_t *distinct, int64_t *place)
{
    int32_t found = 0;
    int64_t steps = 2 * count + (1 << SLOT_BITS);
    for (int64_t i = 0; i < count; i++) {
        uint64_t value = values[i], slot = value * UINT64_C(0x9E3779B97F4A7C15) >> (64 - SLOT_BITS);
        while (slots[slot] && distinct[slots[slot] - 1] != value) {
            slot = (slot + 1) & ((1 << SLOT_BITS) - 1);
            if (--steps < 0)
                return -1;
        }
        if (!slots[slot]) {
            if (found == MOST_VALUES)
                return -1;
            distinct[found++] = value;
            slots[slot] = found;
        }
        place[i] = slots[slot] - 1;
    }
    return found;
}

/* Give each of `count` numbers its other one. */
void renumber(int64_t *numbers, int64_t count, const int64_t *other)
{
    for (int64_t i = 0; i < count; i++)
        numbers[i] = other[numbers[i]];
}
