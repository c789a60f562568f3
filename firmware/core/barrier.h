// Between a state that an interrupt looks at and what it then touches: no write or read moves across.
#ifndef CORE_BARRIER_H
#define CORE_BARRIER_H

#define BARRIER() __asm__ volatile("" ::: "memory")

#endif
