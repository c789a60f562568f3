/* The walk over packets, compiled: what sweep/captures and sweep/wifi say in Python, once more and faster.
 *
 * Each function reads `data` inside of `size` only, allocates nothing and keeps nothing. The Python beside it is what it
 * has to equal, column for column: tests/captures/test_kernel.py holds them together. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SHA-256 of this file, given by the compiler's command line: a library of another source is not used. */
const char *const KERNEL_SOURCE = SOURCE_SHA256;

#define NO_ADDRESS UINT64_MAX
#define ADDRESS_MASK ((UINT64_C(1) << 48) - 1)
#define GROUP_BIT (UINT64_C(1) << 40)
#define NO_LEVEL (-32768)
#define MAX_PRESENT_WORDS 16
#define SHORTEST 10
#define FURTHEST 1099511627776.0
#define LANES 8 /* phasors turned side by side, so that none waits for another */

enum { MANAGEMENT, CONTROL, DATA, EXTENSION };
enum { TO_DS = 1, FROM_DS = 2 };

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
    int64_t count = 0, at = 0;
    *fault = 0;
    while (count < room && size - at >= 16) {
        const uint8_t *record = data + at;
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
        at += 16 + (int64_t)octets;
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
    int32_t *captured;
};

/* Why a packet gives no row; the names stand in sweep/wifi/dot11.py in this order. */
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

/* Cosine and sine of a number of turns, to 1e-14: the turn is cut to an eighth on either side of a quarter, where the
 * series of Taylor end early. */
static void turn(double turns, double *cosine, double *sine)
{
    double quarters = 4.0 * turns;
    double nearest = quarters < 0 ? (double)(int64_t)(quarters - 0.5) : (double)(int64_t)(quarters + 0.5);
    double x = (quarters - nearest) * 1.57079632679489661923, y = x * x;
    double s =
        x * (1 - y / 6 * (1 - y / 20 * (1 - y / 42 * (1 - y / 72 * (1 - y / 110 * (1 - y / 156 * (1 - y / 210)))))));
    double c = 1 - y / 2 * (1 - y / 12 * (1 - y / 30 * (1 - y / 56 * (1 - y / 90 * (1 - y / 132 * (1 - y / 182))))));
    int64_t quarter = (int64_t)nearest & 3;
    double swapped = quarter & 1 ? s : c, other = quarter & 1 ? c : s;
    *cosine = quarter == 1 || quarter == 2 ? -swapped : swapped;
    *sine = quarter >= 2 ? -other : other;
}

/* For each of `rates` rates, from `first_hz` on by `step_hz`: the sum of the phasors of all events (real and imaginary part
 * in turn). An event further away than 2^40 turns is left out. */
void sum_phasors(const double *events_s, int64_t count, double first_hz, double step_hz, int64_t rates, double *sums)
{
    for (int64_t i = 0; i < 2 * rates; i++)
        sums[i] = 0.0;
    for (int64_t first = 0; first < count; first += LANES) {
        double real[LANES] = {0}, imaginary[LANES] = {0}, cosine[LANES] = {0}, sine[LANES] = {0};
        for (int64_t n = 0; n < LANES && first + n < count; n++) {
            double turns = first_hz * events_s[first + n], further = step_hz * events_s[first + n];
            if (!(turns < FURTHEST && turns > -FURTHEST && further < FURTHEST && further > -FURTHEST))
                continue;
            turn(turns, &real[n], &imaginary[n]);
            turn(further, &cosine[n], &sine[n]);
        }
        for (int64_t i = 0; i < rates; i++) {
            double whole[2] = {0};
            for (int n = 0; n < LANES; n++) {
                double turned = real[n] * cosine[n] - imaginary[n] * sine[n];
                whole[0] += real[n];
                whole[1] += imaginary[n];
                imaginary[n] = real[n] * sine[n] + imaginary[n] * cosine[n];
                real[n] = turned;
            }
            sums[2 * i] += whole[0];
            sums[2 * i + 1] += whole[1];
        }
    }
}

/* A comb of ones at `places`, thinned to one sample of `thin`: each one spreads over `taps` samples by its column of the
 * filter, shape (thin, taps). `thinned` has room for `length` samples and begins empty; what lies outside is left out. */
void thin_comb(const int64_t *places, int64_t count, const double *filter, int64_t thin, int64_t taps, double *thinned,
               int64_t length)
{
    for (int64_t n = 0; n < count; n++) {
        if (places[n] < 0 || places[n] / thin > length - taps)
            continue;
        double *first = thinned + places[n] / thin;
        const double *weights = filter + places[n] % thin * taps;
        for (int64_t i = 0; i < taps; i++)
            first[i] += weights[i];
    }
}
