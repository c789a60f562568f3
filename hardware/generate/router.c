// Grid router for two layers: negotiated congestion (PathFinder) over A* with 45-degree steps and a price on bends.
// Python prepares which cells a track or via of each width class may use; here routes are found, ripped up and found again
// until no two nets claim the same copper. Built and called by router.py.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 2, NO_DIR = 8 }; // NO_DIR: at a start or just after a via
static const int DX[8] = {1, 1, 0, -1, -1, -1, 0, 1};
static const int DY[8] = {0, 1, 1, 1, 0, -1, -1, -1};

struct board {
    int width, height, classes;
    const int16_t *fixed;     // [class][layer][cell]: 0 free, -1 nobody, n only net n
    const int16_t *fixed_via; // [class][cell]
    uint16_t *used;           // [class][layer][cell]: tracks of how many other nets are too near for a track of this class
    uint16_t *used_via;       // [class][cell]
    float *history;           // [layer][cell]
    const float *price;       // [layer][cell]
    float present, via_cost, bend_cost;
};

struct node {
    float f;
    int state;
};

static struct node *heap;
static int heap_size, heap_room;
static float *best;
static int *came;
static uint8_t *heading; // direction of the cheapest way into a cell: bends are priced by it
static uint32_t *stamp;
static uint32_t now;

static void push(float f, int state)
{
    if (heap_size == heap_room) {
        heap_room = heap_room ? heap_room * 2 : 1 << 16;
        heap = realloc(heap, sizeof *heap * (size_t)heap_room);
    }
    int i = heap_size++;
    while (i > 0 && heap[(i - 1) / 2].f > f) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = (struct node){f, state};
}

static struct node pop(void)
{
    struct node top = heap[0], last = heap[--heap_size];
    int i = 0;
    for (int c; (c = 2 * i + 1) < heap_size; i = c) {
        if (c + 1 < heap_size && heap[c + 1].f < heap[c].f)
            c++;
        if (heap[c].f >= last.f)
            break;
        heap[i] = heap[c];
    }
    heap[i] = last;
    return top;
}

static void offer(float g, float h, int at, int dir, int from)
{
    if (stamp[at] == now && best[at] <= g)
        return;
    stamp[at] = now;
    best[at] = g;
    came[at] = from;
    heading[at] = (uint8_t)dir;
    push(g + h, at);
}

// At least so far is it from a cell to the box around the goals.
static float far(const struct board *b, int cell, const int *box, int goal_via)
{
    int x = cell % b->width, y = cell / b->width;
    int hx = x < box[0] ? box[0] - x : x > box[2] ? x - box[2] : 0;
    int hy = y < box[1] ? box[1] - y : y > box[3] ? y - box[3] : 0;
    return goal_via ? 0 : hx > hy ? (float)hx + 0.4142f * (float)hy : (float)hy + 0.4142f * (float)hx;
}

// Finds the cheapest way from any of `starts` (layer * cells + cell) to a cell marked in `goal`. With `goal_via` the way
// ends where a via fits. Writes the way backwards into `out` and returns its length, 0 when there is none.
int route(struct board *b, int net, int klass, const int *starts, int start_count, const uint8_t *goal, const int *box,
          int goal_via, int *out, int out_room)
{
    int cells = b->width * b->height, layers = LAYERS * cells;
    if (!best) {
        best = malloc(sizeof *best * (size_t)layers);
        came = malloc(sizeof *came * (size_t)layers);
        heading = malloc((size_t)layers);
        stamp = calloc((size_t)layers, sizeof *stamp);
    }
    now++;
    heap_size = 0;
    const int16_t *fixed = b->fixed + (size_t)klass * (size_t)layers, *fixed_via = b->fixed_via + (size_t)klass * (size_t)cells;
    const uint16_t *used = b->used + (size_t)klass * (size_t)layers, *used_via = b->used_via + (size_t)klass * (size_t)cells;
    for (int i = 0; i < start_count; i++)
        offer(0, 0, starts[i], NO_DIR, -1);
    while (heap_size > 0) {
        struct node n = pop();
        if (n.f > best[n.state] + far(b, n.state % cells, box, goal_via) + 1e-3f)
            continue; // found a cheaper way meanwhile
        int at = n.state, dir = heading[at], layer = at / cells, cell = at % cells;
        int x = cell % b->width, y = cell / b->width;
        float g = best[at];
        int done = goal_via ? (fixed_via[cell] == 0 || fixed_via[cell] == net) && used_via[cell] == 0 : goal[at];
        if (done) {
            int count = 0;
            for (int s = n.state; s >= 0 && count < out_room; s = came[s])
                out[count++] = s;
            return count;
        }
        for (int d = 0; d < 8; d++) {
            int turn = dir == NO_DIR ? 0 : abs(d - dir);
            if (turn > 4)
                turn = 8 - turn;
            if (turn > 2)
                continue;
            int nx = x + DX[d], ny = y + DY[d];
            if (nx < 0 || ny < 0 || nx >= b->width || ny >= b->height)
                continue;
            int to = layer * cells + ny * b->width + nx;
            if (fixed[to] != 0 && fixed[to] != net)
                continue;
            float step = (d & 1 ? 1.4142f : 1.0f) * b->price[to];
            step *= 1.0f + b->history[to];
            step += b->present * (float)used[to] + b->bend_cost * (float)(turn * turn);
            offer(g + step, far(b, ny * b->width + nx, box, goal_via), to, d, at);
        }
        if (!goal_via && (fixed_via[cell] == 0 || fixed_via[cell] == net)) {
            int to = (1 - layer) * cells + cell;
            if (fixed[to] == 0 || fixed[to] == net) {
                float step = b->via_cost + b->present * (float)used_via[cell];
                offer(g + step, far(b, cell, box, goal_via), to, NO_DIR, at);
            }
        }
    }
    return 0;
}

static void disc(uint16_t *map, int width, int height, int cell, float radius, int add)
{
    int cx = cell % width, cy = cell / width, r = (int)radius;
    for (int y = cy - r; y <= cy + r; y++)
        for (int x = cx - r; x <= cx + r; x++)
            if (x >= 0 && y >= 0 && x < width && y < height &&
                (float)((x - cx) * (x - cx) + (y - cy) * (y - cy)) < radius * radius)
                map[y * width + x] = (uint16_t)(map[y * width + x] + add);
}

// Marks (`add` 1) or unmarks (-1) copper: `at` are layer cells of a track, or cells of vias when `is_via`. `reach` and
// `reach_via`: for each class the distance in cells below which a track or a via of that class is too near.
void claim(struct board *b, const int *at, int count, const float *reach, const float *reach_via, int is_via, int add)
{
    int cells = b->width * b->height;
    for (int k = 0; k < b->classes; k++) {
        for (int i = 0; i < count; i++) {
            int layer = at[i] / cells, cell = at[i] % cells;
            for (int l = 0; l < LAYERS; l++)
                if (is_via || l == layer)
                    disc(b->used + ((size_t)k * LAYERS + (size_t)l) * (size_t)cells, b->width, b->height, cell, reach[k], add);
            disc(b->used_via + (size_t)k * (size_t)cells, b->width, b->height, cell, reach_via[k], add);
        }
    }
}
