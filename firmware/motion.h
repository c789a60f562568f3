// The inertial sensor between its bus and the host: core/imu.c decides, the board's twi.c transfers, this file sends.
#ifndef MOTION_H
#define MOTION_H

#include "core/imu.h"

struct imu *motion_imu(void);
void motion_work(void);   // every turn of the loop
void motion_report(void); // every second: sends imu_status unless the sensor is off

#endif
