#include "controls.h"

#include "board/atmega328p/board.h"
#include "core/panel.h"
#include "send.h"

static struct button button;
static struct buzzer buzzer;
static uint8_t is_sounding;
static uint8_t button_changes;

void __attribute__((noinline)) controls_work(uint32_t tick)
{
    uint8_t is_on = buzzer_step(&buzzer, (uint16_t)tick);
    if (is_on != is_sounding)
        board_buzzer(is_on);
    is_sounding = is_on;
    // A press that there is no room to tell of is noticed when there is.
    if (uart_has_room(FRAME_MAX_WIRE) && button_step(&button, board_button(), (uint16_t)tick)) {
        button_changes++;
        struct msg_button m = {.tick = tick, .is_pressed = button.is_pressed};
        SEND(button, BUTTON, &m);
    }
}

uint8_t controls_buzzer_set(const struct msg_buzzer_set *m)
{
    return buzzer_set(&buzzer, m, (uint16_t)slots_tick());
}

uint8_t controls_button_changes(void)
{
    return button_changes;
}
