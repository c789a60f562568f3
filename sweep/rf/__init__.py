"""Radio emitters from envelope windows and channel scans of the sensor head."""
