"""Which transmitters there are: census, addresses of one device, makers."""
